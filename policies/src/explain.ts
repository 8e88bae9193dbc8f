/** Why the policy answers as it does: every link of the chain with its line, and what would have to change. */
import { consentDays } from "./consent-days.ts";
import { bypassOf, type DecisionQuery, decide, grantOn, holdsOn, type PolicyDecision, toolOf } from "./decide.ts";
import { canonicalEmail } from "./email.ts";
import type { ApprovalRule, GrantModel, HostModel, ServerModel, SourcePosition, ToolModel } from "./model.ts";
import { type GrantLine, linesReaching, type PolicyLines } from "./policy-lines.ts";
import { effectiveTrust, reaches, type TrustLevel } from "./trust.ts";

/** One step of an answer. */
export interface Link {
  readonly kind: "human" | "grant" | "server" | "tool" | "consent" | "approval" | "window";
  /** A sentence without its full stop. */
  readonly text: string;
  /** True when the answer follows from it; false for what is there and does not matter. */
  readonly counts: boolean;
  /** Where the policy says it; undefined for what no file says. */
  readonly source: SourcePosition | undefined;
}

/** Something that would have to be otherwise for the call to be allowed. */
export interface Change {
  /** Who can do it. */
  readonly who: "the human" | "a pull request" | "an approver";
  readonly text: string;
  readonly source: SourcePosition | undefined;
}

export interface Explanation {
  readonly query: DecisionQuery;
  readonly decision: PolicyDecision;
  readonly chain: readonly Link[];
  /** Empty when the call is allowed and waits for nobody. */
  readonly changes: readonly Change[];
}

const samePlace = (a: SourcePosition, b: SourcePosition) =>
  a.file === b.file && a.line === b.line && a.column === b.column;

const grantText = ({ ceiling, until, group, human }: GrantLine) =>
  `ceiling ${ceiling} for ${group === undefined ? human : `the group ${group}`}${until === undefined ? "" : ` until ${until}`}`;

function humanLinks(lines: PolicyLines, human: string): readonly Link[] {
  const link = (text: string, source: SourcePosition): Link => ({ kind: "human", text, counts: true, source });
  const groups = [...lines.groups].flatMap(([group, members]) => {
    const member = members.find(({ email }) => email === human);
    return member === undefined ? [] : [link(`${human} is in the group ${group}`, member.source)];
  });
  const named = lines.grants.find((line) => line.human === human);
  const own = named === undefined ? [] : [link(`${human} has a grant of their own`, named.source)];
  const roles = lines.roles.flatMap(({ role, member, source }) => {
    const has = member === human || lines.groups.get(member)?.some(({ email }) => email === human) === true;
    return has ? [link(`${human} is an ${role}, which grants no server`, source)] : [];
  });
  const found = [...groups, ...own, ...roles];
  if (found.length > 0) return found;
  return [{ kind: "human", text: `the policy does not know ${human}`, counts: true, source: undefined }];
}

function grantLinks(reaching: readonly GrantLine[], held: GrantModel | undefined, on: string): readonly Link[] {
  if (reaching.length === 0) {
    return [{ kind: "grant", text: "no grant reaches the human on this server", counts: true, source: undefined }];
  }
  return reaching.map((line): Link => {
    const holds = held !== undefined && samePlace(line.source, held.source);
    const ended = !holdsOn(line, on);
    const why = () => {
      if (holds) return reaching.length === 1 ? "holds" : "holds, as the highest that has not ended";
      if (ended) return "has ended";
      return line.ceiling === held?.ceiling
        ? "changes nothing, the ceiling is the same"
        : "changes nothing, it is lower";
    };
    // All that have ended count where nothing else is left.
    return {
      kind: "grant",
      text: `${grantText(line)}: ${why()}`,
      counts: holds || held === undefined,
      source: line.source,
    };
  });
}

const approvalTexts: Readonly<Record<ApprovalRule["scope"], string>> = {
  tool: "the call waits for an approval: the tool says so",
  server: "the call waits for an approval: the server says so for this trust",
  host: "the call waits for an approval: the host says so for this trust",
};

function approvalLinks(host: HostModel, lines: PolicyLines, tool: ToolModel, query: DecisionQuery): readonly Link[] {
  const link = (text: string, counts: boolean, source?: SourcePosition): Link => {
    return { kind: "approval", text, counts, source };
  };
  if (tool.approval.length === 0) return [link("no line asks for an approval", true)];
  const bypass = bypassOf(host, query.human, query.client);
  const rules = tool.approval.map(({ scope, source }) => link(approvalTexts[scope], bypass === undefined, source));
  if (bypass === undefined) return rules;
  const text = "the call does not wait: the client is one whose calls never do";
  return [...rules, link(text, true, lines.bypass[host.approval.bypass.indexOf(bypass)])];
}

function windowLink(host: HostModel, lines: PolicyLines, server: ServerModel, grant: GrantModel): Link {
  const { days, said } = consentDays(host, server, grant);
  const source = { host: lines.absoluteDays, server: lines.serverConsentDays.get(server.key), grant: grant.source }[
    said
  ];
  return { kind: "window", text: `a consent ends after ${days} days at the latest`, counts: false, source };
}

/** The chain of a call of a tool that the policy has. */
function chainOf(host: HostModel, lines: PolicyLines, query: DecisionQuery, server: ServerModel, tool: ToolModel) {
  const human = canonicalEmail(query.human);
  const grant = grantOn(host, query.server, human, query.on);
  const links: Link[] = [
    ...humanLinks(lines, human),
    ...grantLinks(linesReaching(lines, query.server, human), grant, query.on),
    { kind: "server", text: `the server ${server.key} is ${server.name}`, counts: false, source: server.source },
    {
      kind: "tool",
      text: `${tool.name} has trust ${tool.trust}${tool.enabled ? "" : " and is not enabled, so nobody can call it"}`,
      counts: true,
      source: tool.source,
    },
  ];
  if (grant === undefined || !tool.enabled) return links;
  const effective = effectiveTrust(grant.ceiling, query.consent);
  const verdict = reaches(effective, tool.trust) ? `reaches trust ${tool.trust}` : `is below trust ${tool.trust}`;
  links.push({
    kind: "consent",
    text: `min(ceiling ${grant.ceiling}, consent ${query.consent}) = ${effective}, which ${verdict}`,
    counts: true,
    source: undefined,
  });
  if (!reaches(effective, tool.trust)) return links;
  return [...links, ...approvalLinks(host, lines, tool, query), windowLink(host, lines, server, grant)];
}

const consentChange = (trust: TrustLevel): Change => ({
  who: "the human",
  text: `consents to ${trust} when connecting the agent again`,
  source: undefined,
});

function changesOf(
  host: HostModel,
  lines: PolicyLines,
  query: DecisionQuery,
  decision: PolicyDecision,
  tool: ToolModel,
) {
  const request = (text: string, source: SourcePosition): Change => ({ who: "a pull request", text, source });
  const grantsStart = { file: lines.grantsFile, line: 1, column: 1 };
  const consent = reaches(query.consent, tool.trust) ? [] : [consentChange(tool.trust)];
  if (decision.allow) {
    if (!decision.approval) return [];
    const who = host.approvers.length === 0 ? "nobody is an approver of this host" : host.approvers.join(", ");
    return [{ who: "an approver", text: `lets the call pass (${who})`, source: undefined } satisfies Change];
  }
  const human = canonicalEmail(query.human);
  const reaching = linesReaching(lines, query.server, human);
  switch (decision.code) {
    case "SERVER_UNKNOWN":
      return [];
    case "TOOL_UNKNOWN":
      return [request(`enables ${tool.name}`, tool.source)];
    case "NO_GRANT":
      return [request(`grants ${query.server} to ${human} up to ${tool.trust}`, grantsStart), ...consent];
    case "GRANT_ENDED":
      return [
        ...reaching.map((line) => {
          const raise = reaches(line.ceiling, tool.trust) ? "" : ` and raises its ceiling to ${tool.trust}`;
          return request(`gives the grant a later end than ${line.until}${raise}`, line.source);
        }),
        ...consent,
      ];
    case "CEILING_TOO_LOW": {
      const held = grantOn(host, query.server, human, query.on);
      const others = held?.group === undefined ? 0 : (lines.groups.get(held.group)?.length ?? 1) - 1;
      const raised = others === 0 ? "" : `, for ${others} ${others === 1 ? "other" : "others"} of the group too`;
      return [
        ...(held === undefined ? [] : [request(`raises the ceiling to ${tool.trust}${raised}`, held.source)]),
        request(`or lowers the trust of ${tool.name}, for everybody`, tool.source),
        ...consent,
      ];
    }
    case "CONSENT_TOO_LOW":
      return consent;
  }
}

/** Explains an answer. Throws a TypeError for a server or tool that the policy has not: there is no line to show. */
export function explain(host: HostModel, lines: PolicyLines, query: DecisionQuery): Explanation {
  const server = host.servers.find(({ key }) => key === query.server);
  const tool = toolOf(host, query.server, query.tool);
  if (server === undefined || tool === undefined) throw new TypeError("The policy has no such server or tool.");
  const decision = decide(host, query);
  return {
    query,
    decision,
    chain: chainOf(host, lines, query, server, tool),
    changes: changesOf(host, lines, query, decision, tool),
  };
}
