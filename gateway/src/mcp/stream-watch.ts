import type { FastifyBaseLogger } from "fastify";
import { GatewayError } from "../errors.ts";
import type { Answered, McpDeps } from "./exchange.ts";
import { listChangedFor, saysListChanged } from "./list-changes.ts";
import { staysOpen } from "./methods.ts";
import { readConsents, type Standing, standing } from "./standing-consent.ts";
import { visibleNames } from "./steps/filter-tool-list.ts";

/** How often an open stream is checked for a consent that ended meanwhile. */
const streamCheckMs = 5_000;
/** Every how many of these checks the tools are asked for: a question to the decision point for each open stream. */
const listCheckEvery = 3;

/** A stream without a call behind it: of server messages, of a subscription. */
export interface OpenStream {
  /** Whose it is. */
  readonly connectionId: string;
  readonly requestId: string;
  /** What says on it that the tools have become others; undefined where nothing does. */
  readonly changed: object | undefined;
  /** True when its first event acknowledges it, so that nothing may come before. */
  readonly acknowledged: boolean;
  /** Gets each message that comes on it. */
  readonly onMessage: (message: unknown) => void;
}

/** The stream that an answer is; undefined for one to a call. */
export function openStreamOf(answered: Answered, pins: McpDeps["pins"]): OpenStream | undefined {
  const { httpMethod, message, grant, requestId } = answered;
  const acknowledged = message !== undefined && staysOpen(message);
  if (httpMethod !== "GET" && !acknowledged) return undefined;
  const onMessage = (said: unknown) => {
    if (saysListChanged(said)) pins.distrust(answered);
  };
  const { connectionId } = grant;
  return { connectionId, requestId, changed: listChangedFor(answered), acknowledged, onMessage };
}

/**
 * Looks after streams that stay open without a call behind them (of those with one, see `call-watch.ts`): ends them soon after
 * their last consent ends, and all of them when the gateway stops; tells them when what the agent may call has changed.
 */
export interface StreamWatch {
  /** `announce` sends a message on the stream. Returns what ends the watch. */
  watch(
    stream: OpenStream,
    abort: AbortController,
    log: FastifyBaseLogger,
    announce: (message: object) => void,
  ): () => void;
  endAll(): void;
}

export function createStreamWatch(deps: McpDeps): StreamWatch {
  const open = new Set<AbortController>();

  /** The consents of a connection that hold now. Throws the GatewayError that says why there is none. */
  const holding = async (connectionId: string): Promise<Standing[]> => {
    let problem = new GatewayError("GRANT_REVOKED");
    const found: Standing[] = [];
    const { host, grants } = await readConsents(connectionId, deps);
    for (const grant of grants) {
      try {
        found.push(standing(host, grant, deps.clock()));
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        problem = error;
      }
    }
    if (found.length === 0) throw problem;
    return found;
  };
  const namesOf = async (asked: Standing, requestId: string) =>
    (await visibleNames({ ...asked, requestId }, deps)).map((name) => `${asked.server.key} ${name}`);

  return {
    watch: ({ connectionId, requestId, changed }, abort, log, announce) => {
      let checks = 0;
      let shown: string | undefined;
      const compareList = async (asked: readonly Standing[]) => {
        try {
          const names = (await Promise.all(asked.map((each) => namesOf(each, requestId)))).flat().sort().join("\n");
          if (changed !== undefined && shown !== undefined && names !== shown) announce(changed);
          shown = names;
        } catch (error) {
          // The list is what it was until the decision point says otherwise.
          log.info({ error: (error as Error).message }, "tools of an open stream not compared");
        }
      };
      const check = async () => {
        try {
          const asked = await holding(connectionId);
          if (changed !== undefined && checks % listCheckEvery === 0) await compareList(asked);
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
