/**
 * Enumerates the whole model of a host and asks every law of every answer. What the files say is worked out here from
 * their lines, apart from `decide` and `plan`, and both are held against it: a proof that asked `decide` of itself, or
 * that did not look at what is provisioned, would show nothing. In one file, because its parts share what they count in
 * place: in smaller ones each of a hundred million answers would be handed about.
 */
import { type decide, holdsOn, type PolicyDecision } from "../decide.ts";
import type { Day, GrantModel, HostModel, ServerModel } from "../model.ts";
import type { plan } from "../plan.ts";
import type { GrantLine, PolicyLines } from "../policy-lines.ts";
import type { grantsThatHold } from "../reaching-grants.ts";
import { type TrustLevel, trustLevels, trustRank } from "../trust.ts";
import { DemandLaw } from "./demand.ts";
import type { PlacedInvariant } from "./load-invariants.ts";
import { Law, type LawResult } from "./proof.ts";
import { type ProvisionedServer, provisionedOn } from "./provisioned.ts";

/** What is proven: the functions that the gateway's decisions and the provisioning come from. */
export interface Subject {
  readonly decide: typeof decide;
  readonly plan: typeof plan;
  readonly grantsThatHold: typeof grantsThatHold;
}

/** What was found of one host. */
export interface Proof {
  readonly key: string;
  /** How many questions were asked. */
  readonly decisions: number;
  readonly laws: readonly LawResult[];
}

/** How far an enumeration is. */
export interface ProofProgress {
  readonly servers: number;
  readonly decisions: number;
}

/** The day so many days after another, or before it. */
function dayPlus(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The groups of each human, as the lines name them. */
function groupsByHuman(lines: PolicyLines): ReadonlyMap<string, ReadonlySet<string>> {
  const byHuman = new Map<string, Set<string>>();
  for (const [group, members] of lines.groups) {
    for (const { email } of members) {
      const before = byHuman.get(email);
      if (before === undefined) byHuman.set(email, new Set([group]));
      else before.add(group);
    }
  }
  return byHuman;
}

/**
 * The lines that reach a human on a server, worked out when asked: kept for all humans of all servers they would be
 * most of the memory that is needed.
 */
function linesOfServer(lines: PolicyLines, groupsOf: ReadonlyMap<string, ReadonlySet<string>>, server: string) {
  const ofServer = lines.grants.filter((line) => line.server === server);
  const ofGroups = ofServer.filter(({ group }) => group !== undefined);
  const own = Map.groupBy(
    ofServer.filter(({ human }) => human !== undefined),
    ({ human }) => human,
  );
  return (human: string): readonly GrantLine[] => {
    const groups = groupsOf.get(human);
    const reaching =
      groups === undefined ? [] : ofGroups.filter(({ group }) => group !== undefined && groups.has(group));
    return reaching.concat(own.get(human) ?? []);
  };
}

/** Today, and each later day on which one of the lines no longer holds. */
function daysOf(reaching: readonly GrantLine[], today: Day): readonly Day[] {
  const ends = reaching.flatMap(({ until }) => (until === undefined || until < today ? [] : [dayPlus(until, 1)]));
  return ends.length === 0 ? [today] : [...new Set([today, ...ends])].toSorted();
}

/** The rank of the highest ceiling among the lines that hold on a day; -1 when none holds. */
function ceilingOn(reaching: readonly Pick<GrantModel, "until" | "ceiling">[], on: Day): number {
  let highest = -1;
  for (const line of reaching) if (holdsOn(line, on)) highest = Math.max(highest, trustRank(line.ceiling));
  return highest;
}

const levelOf = (rank: number): TrustLevel | "no ceiling" => trustLevels[rank] ?? "no ceiling";
const said = (decision: PolicyDecision) => (decision.allow ? "allowed" : `denied (${decision.code})`);

function makeLaws() {
  return {
    decided: new Law(
      "A call is allowed when the lower of ceiling and consent reaches the tool's trust, and never else",
    ),
    provisioned: new Law("What is provisioned in Permit answers as the files say"),
    ceiling: new Law("Nothing above a ceiling is reached"),
    high: new Law("A tool of trust high is reached by a grant that says high, and by no other"),
    removal: new Law("Removing a grant never adds access"),
    ending: new Law("The end of a grant never adds access"),
  };
}

/** Everything that the questions about one server have in common. */
interface Enumeration {
  readonly host: HostModel;
  readonly server: ServerModel;
  readonly subject: Subject;
  readonly laws: ReturnType<typeof makeLaws>;
  readonly demands: readonly DemandLaw[];
  /** By place of the tool, the rank of its trust; 3 for a disabled tool, which no level reaches. */
  readonly needed: Uint8Array;
  /** By place of the tool, 1 when its calls wait. */
  readonly waits: Uint8Array;
}

/** One human on one day: what the lines say there, and what is provisioned. */
interface Questions {
  readonly human: string;
  readonly on: Day;
  readonly reaching: readonly GrantLine[];
  /** As it is provisioned on that day. */
  readonly provisioned: ProvisionedServer;
  /** As it was provisioned today: a gateway must see grants end without waiting for the next time. */
  readonly provisionedToday: ProvisionedServer;
}

/** Asks all questions of a human on a day; returns how many. The innermost loop: it runs a hundred million times. */
function askAll(
  { host, server, subject, laws, demands, needed, waits }: Enumeration,
  { human, on, reaching, provisioned, provisionedToday }: Questions,
): number {
  const ceiling = ceilingOn(reaching, on);
  const saysHigh = reaching.some((line) => line.ceiling === "high" && holdsOn(line, on));
  const asked = demands.filter((law) => law.isAbout(human, server.key));
  const askedTools = asked.map((law) => law.toolsOf(server.key));
  const query = { human, server: server.key, tool: "", consent: "low" as TrustLevel, on };
  const dayBefore = provisioned === provisionedToday ? undefined : dayPlus(on, -1);
  const planned = provisioned.ceiling(human);
  const seen = provisionedToday.ceilingOn(human, on);
  if (planned !== ceiling || seen !== ceiling) {
    const text = `the lines say ${levelOf(ceiling)}, the tuple ${levelOf(planned)}, the server's terms ${levelOf(seen)}`;
    laws.provisioned.violate(query, text);
  }
  for (let consent = 0; consent < trustLevels.length; consent++) {
    query.consent = trustLevels[consent] ?? "low";
    const rank = Math.min(ceiling, consent);
    const effective = trustLevels[rank];
    const allowed = provisioned.allows[planned]?.[consent];
    for (let place = 0; place < server.tools.length; place++) {
      const tool = server.tools[place];
      if (tool === undefined) continue;
      query.tool = tool.name;
      const expected = rank >= (needed[place] ?? 3);
      const wait = waits[place] === 1;
      const decision = subject.decide(host, query);
      if (
        decision.allow !== expected ||
        (decision.allow && (decision.effective !== effective || decision.approval !== wait))
      ) {
        laws.decided.violate(query, `${said(decision)}, with ceiling ${levelOf(ceiling)} and trust ${tool.trust}`);
      }
      if (dayBefore !== undefined && decision.allow && !subject.decide(host, { ...query, on: dayBefore }).allow) {
        laws.ending.violate(query, `allowed from this day on, and not on ${dayBefore}`);
      }
      const permits = allowed?.[place] === 1;
      if (permits !== expected) {
        laws.provisioned.violate(query, `Permit ${permits ? "allows" : "denies"} it, against the files`);
      }
      if (!decision.allow && !permits) continue;
      // A disabled tool is above every ceiling.
      const trust = needed[place] ?? 3;
      if (trust > ceiling) laws.ceiling.violate(query, `reached with ${levelOf(ceiling)}`);
      if (tool.trust === "high" && !saysHigh)
        laws.high.violate(query, "no grant that reaches the human here says high");
      for (let index = 0; index < asked.length; index++) {
        if (askedTools[index]?.[place] !== true) continue;
        asked[index]?.ask({ query, server, tool, approval: decision.allow && decision.approval });
      }
    }
  }
  const questions = trustLevels.length * server.tools.length;
  if (dayBefore !== undefined) laws.ending.asked += questions;
  return questions;
}

/** Asks whether a human's ceiling would rise with a line less. */
function askWithout(
  { laws, server, subject }: Enumeration,
  human: string,
  days: readonly Day[],
  reaching: readonly GrantLine[],
): void {
  const tool = server.tools[0]?.name ?? "";
  laws.removal.asked += reaching.length;
  for (const removed of reaching) {
    const rest = reaching.filter((line) => line !== removed).map((line) => ({ ...line, human }));
    const held = subject.grantsThatHold(rest);
    for (const on of days) {
      const first = held.find((grant) => holdsOn(grant, on));
      const without = first === undefined ? -1 : trustRank(first.ceiling);
      if (without <= ceilingOn(reaching, on)) continue;
      const { file, line } = removed.source;
      const query = { human, server: server.key, tool, consent: "low", on } as const;
      laws.removal.violate(query, `without ${file}:${line} the ceiling is ${levelOf(without)}`);
    }
  }
}

/** Proves the laws of one host, and the invariants that are about it. */
export function prove(
  { host, lines }: { readonly host: HostModel; readonly lines: PolicyLines },
  invariants: readonly PlacedInvariant[],
  today: Day,
  subject: Subject,
  onProgress: (progress: ProofProgress) => void = () => {},
): Proof {
  const laws = makeLaws();
  const demands = invariants
    .filter(({ hosts }) => hosts === undefined || hosts.includes(host.key))
    .map((invariant) => new DemandLaw(invariant, host));
  const groupsOf = groupsByHuman(lines);
  const placeOf = new Map(host.humans.map(({ email }, place) => [email, place]));
  const provisionedServers = host.servers.map(provisionedOn(subject.plan(host, today), placeOf));
  const grantsByServer = Map.groupBy(host.grants, (grant) => grant.server);
  let decisions = 0;
  for (const [index, server] of host.servers.entries()) {
    onProgress({ servers: index, decisions });
    const needed = Uint8Array.from(server.tools, ({ trust, enabled }) => (enabled ? trustRank(trust) : 3));
    const waits = Uint8Array.from(server.tools, ({ approval }) => (approval.length > 0 ? 1 : 0));
    const enumeration: Enumeration = { host, server, subject, laws, demands, needed, waits };
    const provisioned = provisionedServers[index];
    if (provisioned === undefined) continue;
    const example = {
      human: host.humans[0]?.email ?? "",
      server: server.key,
      tool: "",
      consent: "low",
      on: today,
    } as const;
    for (const tool of provisioned.wrongWaits) {
      laws.provisioned.violate({ ...example, tool }, "whether its calls wait is not what the files say");
    }
    for (const role of provisioned.strangeRoles) {
      laws.provisioned.violate(example, `the role ${role} on a profile gives something on ${server.key}`);
    }
    const reachingOf = linesOfServer(lines, groupsOf, server.key);
    const ending = new Map<Day, string[]>();
    for (const { email } of host.humans) {
      const reaching = reachingOf(email);
      const days = daysOf(reaching, today);
      decisions += askAll(enumeration, {
        human: email,
        on: today,
        reaching,
        provisioned,
        provisionedToday: provisioned,
      });
      askWithout(enumeration, email, days, reaching);
      for (const on of days.slice(1)) {
        const before = ending.get(on);
        if (before === undefined) ending.set(on, [email]);
        else before.push(email);
      }
    }
    // On a later day only the answers for these humans can be others: the plan of that day is made for them alone.
    for (const [on, emails] of [...ending].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const affected = new Set(emails);
      const grants = (grantsByServer.get(server.key) ?? []).filter(({ human }) => affected.has(human));
      const humans = host.humans.filter(({ email }) => affected.has(email));
      const later = provisionedOn(subject.plan({ ...host, servers: [server], humans, grants }, on), placeOf)(server);
      for (const human of affected) {
        const reaching = reachingOf(human);
        decisions += askAll(enumeration, { human, on, reaching, provisioned: later, provisionedToday: provisioned });
      }
    }
  }
  for (const law of [laws.decided, laws.provisioned, laws.ceiling, laws.high]) law.asked = decisions;
  for (const demand of demands) demand.end();
  return { key: host.key, decisions, laws: [...Object.values(laws), ...demands].map((law) => law.result()) };
}
