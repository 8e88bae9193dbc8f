/** What the gateway asks of Permit. */

import type { TrustLevel } from "@permit-mcp-gateway/policies";
import type { AgentIdentity } from "./grants.ts";

/** The policy decision point. A throw (GatewayError DECISION_UNAVAILABLE) is a denial. */
export interface DecisionPoint {
  /** May this Permit user do `action` on `{server}:{server}`, tenant `default`? */
  check(user: string, action: string, server: string): Promise<boolean>;
  /** The same for several actions, in their order. */
  checkAll(user: string, actions: readonly string[], server: string): Promise<readonly boolean[]>;
  /** True when the decision point answers its health check. */
  ready(): Promise<boolean>;
}

/** The facts of consent in Permit: ceilings are read, agents and their roles written. */
export interface ConsentFacts {
  /** Server key in Permit (`permitServerOf`) -> ceiling, for one human, asked of Permit now. Empty when the human has no grant. */
  ceilings(email: string): Promise<ReadonlyMap<string, TrustLevel>>;
  /** What the agent is consented at on `server`, asked of Permit now. */
  consent(agent: AgentIdentity, server: string): Promise<TrustLevel | undefined>;
  /**
   * Makes the agent's consent on `server` exactly `level` and returns when decisions see it. Roles add up in Permit,
   * so other levels are removed before this one is given.
   */
  give(agent: AgentIdentity, server: string, level: TrustLevel): Promise<void>;
  /** Removes every consent of the agent on `server`. Missing ones are fine. */
  withdraw(agent: AgentIdentity, server: string): Promise<void>;
}
