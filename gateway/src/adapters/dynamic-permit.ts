/** Permit has one server for all that humans enter: the one place where its name stands for theirs. */
import {
  dynamicServersKey,
  isDynamicServerKey,
  permitServerOf,
  type TrustLevel,
  trustRank,
} from "@permit-mcp-gateway/policies";
import type { AgentIdentity } from "../deps/grants.ts";
import type { ConsentFacts, DecisionPoint } from "../deps/permit.ts";
import type { Clock } from "../deps/process.ts";
import type { Database } from "./database.ts";

/** Decisions on a server that a human has entered are decisions on `dynamic_mcp`. */
export function withDynamicDecisions(decisions: DecisionPoint): DecisionPoint {
  return {
    check: (user, action, server) => decisions.check(user, action, permitServerOf(server)),
    checkAll: (user, actions, server) => decisions.checkAll(user, actions, permitServerOf(server)),
    ready: () => decisions.ready(),
  };
}

/**
 * An agent's consent on `dynamic_mcp` is the highest of those it has on its human's own servers; what one of them is
 * worth is bounded by its own grant (`level-bound.ts`). The caller holds `agentLock`, which is one for all of them.
 */
export function withDynamicFacts(
  facts: ConsentFacts,
  { database, clock }: { readonly database: Pick<Database, "kysely">; readonly clock: Clock },
): ConsentFacts {
  /** The highest level of the agent's other grants on such servers. */
  const levelElsewhere = async (
    { clientId, email }: AgentIdentity,
    server: string,
  ): Promise<TrustLevel | undefined> => {
    const rows = await database.kysely
      .selectFrom("gateway_grant")
      .select(["server", "level"])
      .where("client_id", "=", clientId)
      .where("email", "=", email)
      .where("server", "like", "dynamic-%")
      .where("server", "!=", server)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", clock())
      .execute();
    // The pattern alone would take a server of the policy whose key begins so.
    const levels = rows.filter((row) => isDynamicServerKey(row.server)).map(({ level }) => level);
    return levels.toSorted((a, b) => trustRank(b) - trustRank(a))[0];
  };
  return {
    ceilings: (email) => facts.ceilings(email),
    consent: (agent, server) => facts.consent(agent, permitServerOf(server)),
    give: async (agent, server, level) => {
      if (!isDynamicServerKey(server)) return facts.give(agent, server, level);
      const elsewhere = await levelElsewhere(agent, server);
      const highest = elsewhere === undefined || trustRank(level) > trustRank(elsewhere) ? level : elsewhere;
      return facts.give(agent, dynamicServersKey, highest);
    },
    withdraw: async (agent, server) => {
      if (!isDynamicServerKey(server)) return facts.withdraw(agent, server);
      const left = await levelElsewhere(agent, server);
      return left === undefined ? facts.withdraw(agent, dynamicServersKey) : facts.give(agent, dynamicServersKey, left);
    },
  };
}
