import { setTimeout as sleep } from "node:timers/promises";
import {
  agentKey,
  consentRole,
  defaultTenant,
  dynamicServersKey,
  effectiveTrust,
  profileRef,
  reaches,
  serverRef,
  type TrustLevel,
  trustLevels,
  trustRank,
} from "@permit-mcp-gateway/policies";
import type { Permit } from "permitio";
import type { AgentIdentity } from "../deps/grants.ts";
import type { HostDirectory } from "../deps/host-settings.ts";
import type { ConsentFacts, DecisionPoint } from "../deps/permit.ts";
import { GatewayError } from "../errors.ts";
import { permitFailure, statusOf } from "./permit-client.ts";

/** How long decisions may lag behind facts before a consent is given up. */
const visibleTimeoutMs = 10_000;
const pollIntervalMs = 100;
const pageSize = 100;

export interface ConsentFactsOptions {
  readonly permit: Permit;
  readonly decisions: DecisionPoint;
  readonly directory: HostDirectory;
  readonly visibleTimeoutMs?: number;
}

function isLevel(relation: string): relation is TrustLevel {
  return (trustLevels as readonly string[]).includes(relation);
}

/** The facts of consent through the `permitio` SDK. Every failure is GatewayError PERMIT_UNAVAILABLE. */
export function createPermitConsentFacts(options: ConsentFactsOptions): ConsentFacts {
  const { permit, decisions, directory } = options;
  const tails = new Map<string, Promise<unknown>>();

  /** One after the other for one agent on one server: two consents at once could leave it both levels. */
  const inTurn = <T>(key: string, run: () => Promise<T>): Promise<T> => {
    const mine = (tails.get(key) ?? Promise.resolve()).then(run);
    const settled = mine
      .catch(() => undefined)
      .then(() => {
        if (tails.get(key) === settled) tails.delete(key);
      });
    tails.set(key, settled);
    return mine;
  };
  const failing = async <T>(doing: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw permitFailure(doing, error);
    }
  };

  const readCeilings = async (email: string) => {
    const ceilings = new Map<string, TrustLevel>();
    for (let page = 1; ; page += 1) {
      const tuples = await permit.api.relationshipTuples.list({ subject: profileRef(email), page, perPage: pageSize });
      for (const { subject, relation, object } of tuples) {
        const [server = "", instance] = object.split(":");
        // Asked for this subject only; looked at again because a filter that was ignored would be somebody else's ceiling.
        if (subject !== profileRef(email) || server !== instance || !isLevel(relation)) continue;
        const known = ceilings.get(server);
        if (known === undefined || trustRank(relation) > trustRank(known)) ceilings.set(server, relation);
      }
      if (tuples.length < pageSize) return ceilings;
    }
  };

  const consentedLevels = async (agent: AgentIdentity, server: string): Promise<TrustLevel[]> => {
    const user = agentKey(agent.clientId, agent.email);
    const resourceInstance = profileRef(agent.email);
    const roles = new Set<string>();
    for (let page = 1; ; page += 1) {
      const assignments = await permit.api.roleAssignments.list({ user, resourceInstance, page, perPage: pageSize });
      for (const each of assignments) {
        if (each.user === user && each.resource_instance === resourceInstance) roles.add(each.role);
      }
      if (assignments.length < pageSize) break;
    }
    return trustLevels.filter((level) => roles.has(consentRole(server, level)));
  };

  const assignment = (agent: AgentIdentity, server: string, level: TrustLevel) => ({
    user: agentKey(agent.clientId, agent.email),
    role: consentRole(server, level),
    resource_instance: profileRef(agent.email),
    tenant: defaultTenant,
  });
  const remove = async (agent: AgentIdentity, server: string, levels: readonly TrustLevel[]) => {
    for (const level of levels) {
      await permit.api.roleAssignments.unassign(assignment(agent, server, level)).catch((error: unknown) => {
        // Somebody else removed it meanwhile.
        if (statusOf(error) !== 404) throw error;
      });
    }
  };

  /** True when the decision point decides by exactly this consent: one tool of each trust level is asked about. */
  const isVisible = async (agent: AgentIdentity, server: string, level: TrustLevel): Promise<boolean> => {
    const ceiling = (await readCeilings(agent.email)).get(server);
    const { servers, dynamicServers } = directory.settings();
    const rules = server === dynamicServersKey ? dynamicServers?.rules : servers.get(server);
    const known = rules?.tools.values() ?? [];
    const tools = [...new Map([...known].map((tool) => [tool.trust, tool])).values()];
    const actions = tools.map((tool) => tool.action);
    // A decision point that does not answer has not seen it yet.
    const allowed = await decisions.checkAll(agentKey(agent.clientId, agent.email), actions, server).catch(() => []);
    const effective = ceiling === undefined ? undefined : effectiveTrust(ceiling, level);
    return tools.every((tool, index) => allowed[index] === (effective !== undefined && reaches(effective, tool.trust)));
  };
  const waitUntilVisible = async (agent: AgentIdentity, server: string, level: TrustLevel) => {
    const deadline = Date.now() + (options.visibleTimeoutMs ?? visibleTimeoutMs);
    while (!(await isVisible(agent, server, level))) {
      if (Date.now() >= deadline) {
        throw new GatewayError("PERMIT_UNAVAILABLE", {
          detail: `Decisions on ${serverRef(server)} do not follow from ceiling and consent ${level}.`,
        });
      }
      await sleep(pollIntervalMs);
    }
  };

  const give = async (agent: AgentIdentity, server: string, level: TrustLevel) => {
    await permit.api.users.sync({
      key: agentKey(agent.clientId, agent.email),
      // The key is an encoding: these are for people who look at Permit.
      attributes: { client_id: agent.clientId, client_name: agent.clientName, email: agent.email },
    });
    const levels = await consentedLevels(agent, server);
    // Removed before the new one is given: roles add up, and there must be no moment with more than was consented to.
    await remove(
      agent,
      server,
      levels.filter((each) => each !== level),
    );
    if (!levels.includes(level)) {
      await permit.api.roleAssignments.assign(assignment(agent, server, level)).catch((error: unknown) => {
        if (statusOf(error) !== 409) throw error;
      });
    }
    try {
      await waitUntilVisible(agent, server, level);
    } catch (error) {
      // The human is told that nothing was given, so nothing may start to hold later.
      await remove(agent, server, [level]).catch(() => undefined);
      throw error;
    }
  };

  const turnKey = (agent: AgentIdentity, server: string) => `${agentKey(agent.clientId, agent.email)} ${server}`;
  return {
    ceilings: (email) => failing("reading ceilings", () => readCeilings(email)),
    consent: (agent, server) => failing("reading a consent", async () => (await consentedLevels(agent, server)).at(-1)),
    give: (agent, server, level) =>
      inTurn(turnKey(agent, server), () => failing("giving a consent", () => give(agent, server, level))),
    withdraw: (agent, server) =>
      inTurn(turnKey(agent, server), () =>
        failing("withdrawing a consent", async () => remove(agent, server, await consentedLevels(agent, server))),
      ),
  };
}
