import type { FastifyBaseLogger } from "fastify";
import { GatewayError } from "../errors.ts";
import type { Answered, McpDeps, WithGrant, WithServer, WithTerm } from "./exchange.ts";
import { listChangedFor } from "./list-changes.ts";
import { staysOpen } from "./methods.ts";
import { assertAlive } from "./steps/check-grant.ts";
import { assertServed } from "./steps/check-policy.ts";
import { visibleNames } from "./steps/filter-tool-list.ts";
import { resolveServer } from "./steps/resolve-server.ts";

/** How often an open stream is checked for a consent that ended meanwhile. */
const streamCheckMs = 5_000;
/** Every how many of these checks the tools are asked for: a question to the decision point for each open stream. */
const listCheckEvery = 3;

/** Streams without a call behind them: of server messages, of a subscription. */
export function isStream({ httpMethod, message }: Answered): boolean {
  return httpMethod === "GET" || (message !== undefined && staysOpen(message));
}

/**
 * Looks after streams that stay open: ends them soon after their consent ends, and all of them when the gateway stops;
 * tells them when what the agent may call has changed.
 */
export interface StreamWatch {
  /** Watches an answer if it is such a stream. `announce` sends a message on it. Returns what ends the watch. */
  watch(
    answered: Answered,
    abort: AbortController,
    log: FastifyBaseLogger,
    announce: (message: object) => void,
  ): () => void;
  endAll(): void;
}

export function createStreamWatch(deps: McpDeps): StreamWatch {
  const open = new Set<AbortController>();
  return {
    watch: (answered, abort, log, announce) => {
      if (!isStream(answered)) return () => undefined;
      const changed = listChangedFor(answered);
      let checks = 0;
      let shown: string | undefined;
      const compareList = async (asked: WithServer & WithGrant & WithTerm) => {
        try {
          const { requestId } = answered;
          const names = (await visibleNames({ ...asked, requestId }, deps)).toSorted().join("\n");
          if (changed !== undefined && shown !== undefined && names !== shown) announce(changed);
          shown = names;
        } catch (error) {
          // The list is what it was until the decision point says otherwise.
          log.info({ error: (error as Error).message }, "tools of an open stream not compared");
        }
      };
      const check = async () => {
        try {
          const grant = await deps.grants.find(answered.grant.id);
          if (grant === undefined) throw new GatewayError("GRANT_REVOKED");
          const { host, server } = resolveServer({ host: deps.directory.settings(), grant });
          assertAlive(grant, { host, server }, deps.clock());
          const term = assertServed(host, server, grant, deps.clock());
          if (changed !== undefined && checks % listCheckEvery === 0) await compareList({ host, server, grant, term });
          checks += 1;
        } catch (error) {
          log.info({ error: (error as Error).message }, "open stream ended");
          abort.abort();
        }
      };
      // At once for the first time: what changes from here on is told.
      void check();
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
