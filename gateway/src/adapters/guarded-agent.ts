import { Agent } from "undici";
import { type AddressRules, assertUrlAllowed } from "../address-rules.ts";
import { type GuardHooks, guardedConnect } from "./address-guard.ts";

/** Connections of undici that go only where the policy of now lets them. */
export interface GuardedAgent {
  /** For this URL. Throws AddressRefusedError. */
  agentFor(url: URL): Agent;
  close(): Promise<void>;
}

/** Made anew when the rules are others, because a connection that is kept was looked at under those of before. */
export function createGuardedAgent({
  addressRules,
  hooks,
  connectTimeoutMs,
  pool,
}: {
  readonly addressRules: () => AddressRules;
  readonly hooks: GuardHooks | undefined;
  readonly connectTimeoutMs: number;
  readonly pool?: Omit<Agent.Options, "connect">;
}): GuardedAgent {
  let current: { readonly rules: string; readonly agent: Agent } | undefined;
  return {
    agentFor: (url) => {
      const rules = addressRules();
      assertUrlAllowed(url, rules);
      const text = JSON.stringify(rules);
      if (current?.rules !== text) {
        void current?.agent.destroy();
        const connect = { ...guardedConnect(rules, hooks), timeout: connectTimeoutMs };
        current = { rules: text, agent: new Agent({ ...pool, connect }) };
      }
      return current.agent;
    },
    close: async () => {
      await current?.agent.destroy();
    },
  };
}
