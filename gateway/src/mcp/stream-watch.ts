import type { FastifyBaseLogger } from "fastify";
import { GatewayError } from "../errors.ts";
import type { Answered, McpDeps } from "./exchange.ts";
import { staysOpen } from "./methods.ts";
import { assertAlive } from "./steps/check-grant.ts";
import { assertServed } from "./steps/check-policy.ts";
import { resolveServer } from "./steps/resolve-server.ts";

/** How often an open stream is checked for a consent that ended meanwhile. */
const streamCheckMs = 5_000;

/** Streams without a call behind them: of server messages, of a subscription. */
function isStream({ httpMethod, message }: Answered): boolean {
  return httpMethod === "GET" || (message !== undefined && staysOpen(message));
}

/** Ends streams that stay open: soon after their consent ends, and all of them when the gateway stops. */
export interface StreamWatch {
  /** Watches an answer if it is such a stream. Returns what ends the watch. */
  watch(answered: Answered, abort: AbortController, log: FastifyBaseLogger): () => void;
  endAll(): void;
}

export function createStreamWatch(deps: McpDeps): StreamWatch {
  const open = new Set<AbortController>();
  return {
    watch: (answered, abort, log) => {
      if (!isStream(answered)) return () => undefined;
      const check = async () => {
        try {
          const grant = await deps.grants.find(answered.grant.id);
          if (grant === undefined) throw new GatewayError("GRANT_REVOKED");
          const { host, server } = resolveServer({ host: deps.directory.settings(), grant });
          assertAlive(grant, { host, server }, deps.clock());
          assertServed(host, server, grant, deps.clock());
        } catch (error) {
          log.info({ error: (error as Error).message }, "open stream ended");
          abort.abort();
        }
      };
      const timer = setInterval(() => void check(), streamCheckMs);
      open.add(abort);
      return () => {
        clearInterval(timer);
        open.delete(abort);
      };
    },
    endAll: () => {
      for (const stream of open) stream.abort();
    },
  };
}
