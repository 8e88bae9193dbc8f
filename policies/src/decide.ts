import { canonicalEmail } from "./email.ts";
import type { Day, GrantModel, HostModel, ServerModel, ToolModel } from "./model.ts";
import { effectiveTrust, reaches, type TrustLevel } from "./trust.ts";

/** A question to the policy: may an agent of `human`, consented at `consent`, call `tool` of `server` on a day? */
export interface DecisionQuery {
  /** E-mail address; compared as `canonicalEmail` writes it. */
  readonly human: string;
  readonly server: string;
  readonly tool: string;
  readonly consent: TrustLevel;
  /** The day of the call: grants end. */
  readonly on: Day;
  /** Client id of the agent, for the list of agents whose calls never wait; without it none is bypassed. */
  readonly client?: string;
}

/** The answer, with a code that names the link of the chain that gave it. */
export type PolicyDecision =
  | {
      readonly allow: true;
      readonly effective: TrustLevel;
      /** True when the call waits until an approver lets it pass. */
      readonly approval: boolean;
    }
  | {
      readonly allow: false;
      readonly code:
        | "SERVER_UNKNOWN"
        | "TOOL_UNKNOWN"
        | "NO_GRANT"
        | "GRANT_ENDED"
        | "CEILING_TOO_LOW"
        | "CONSENT_TOO_LOW";
    };

interface ServerIndex {
  readonly server: ServerModel;
  readonly tools: ReadonlyMap<string, ToolModel>;
  /** By e-mail, in the order of the model: the highest ceiling first. */
  readonly grants: Map<string, GrantModel[]>;
}

const indexes = new WeakMap<HostModel, ReadonlyMap<string, ServerIndex>>();

/** The model by keys, made once for each model: hosts have ten thousands of grants, and are asked of each. */
function indexOf(host: HostModel): ReadonlyMap<string, ServerIndex> {
  const known = indexes.get(host);
  if (known !== undefined) return known;
  const made = new Map<string, ServerIndex>();
  for (const server of host.servers) {
    made.set(server.key, { server, tools: new Map(server.tools.map((tool) => [tool.name, tool])), grants: new Map() });
  }
  for (const grant of host.grants) {
    const grants = made.get(grant.server)?.grants;
    const before = grants?.get(grant.human);
    if (before === undefined) grants?.set(grant.human, [grant]);
    else before.push(grant);
  }
  indexes.set(host, made);
  return made;
}

/** True on the last day of a grant and on all days before it. */
export function holdsOn(grant: Pick<GrantModel, "until">, on: Day): boolean {
  return grant.until === undefined || on <= grant.until;
}

/** All grants that reach a human on a server, the highest ceiling first, also those that have ended. */
export function grantsOf(host: HostModel, server: string, human: string): readonly GrantModel[] {
  return grantsIn(indexOf(host).get(server)?.grants, human);
}

/** The model's addresses are canonical, so only one that is not found can be written otherwise. */
function grantsIn(grants: ServerIndex["grants"] | undefined, human: string): readonly GrantModel[] {
  return grants?.get(human) ?? grants?.get(canonicalEmail(human)) ?? [];
}

/** The grant that sets the ceiling of a human on a server on a day; undefined when none holds. */
export function grantOn(host: HostModel, server: string, human: string, on: Day): GrantModel | undefined {
  return grantsOf(host, server, human).find((grant) => holdsOn(grant, on));
}

/** The tool of a server by its exact name, disabled ones too. */
export function toolOf(host: HostModel, server: string, tool: string): ToolModel | undefined {
  return indexOf(host).get(server)?.tools.get(tool);
}

/** The entry of the bypass list that lets the calls of this agent never wait; undefined when there is none. */
export function bypassOf(
  host: HostModel,
  human: string,
  client: string | undefined,
): HostModel["approval"]["bypass"][number] | undefined {
  return host.approval.bypass.find(
    (agent) =>
      agent.client === client && (agent.human === undefined || canonicalEmail(agent.human) === canonicalEmail(human)),
  );
}

/** True when the calls of this agent never wait for an approval. */
export function isBypassed(host: HostModel, human: string, client: string | undefined): boolean {
  return bypassOf(host, human, client) !== undefined;
}

/**
 * What Permit must answer for a host: allowed when min(ceiling, consent) reaches the tool's trust, denied otherwise.
 * Pure; the specification that the derivations in `plan.ts` are tested against.
 */
export function decide(host: HostModel, query: DecisionQuery): PolicyDecision {
  const { human, consent, on } = query;
  const index = indexOf(host).get(query.server);
  if (index === undefined) return { allow: false, code: "SERVER_UNKNOWN" };
  const tool = index.tools.get(query.tool);
  if (tool === undefined || !tool.enabled) return { allow: false, code: "TOOL_UNKNOWN" };
  const grants = grantsIn(index.grants, human);
  const grant = grants.find((one) => holdsOn(one, on));
  if (grant === undefined) return { allow: false, code: grants.length > 0 ? "GRANT_ENDED" : "NO_GRANT" };
  if (!reaches(grant.ceiling, tool.trust)) return { allow: false, code: "CEILING_TOO_LOW" };
  if (!reaches(consent, tool.trust)) return { allow: false, code: "CONSENT_TOO_LOW" };
  const approval = tool.approval.length > 0 && !isBypassed(host, human, query.client);
  return { allow: true, effective: effectiveTrust(grant.ceiling, consent), approval };
}
