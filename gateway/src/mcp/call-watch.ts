/** Calls under way end soon after their consent does: a tool may run for minutes, and a stream for as long as it likes. */
import { GatewayError } from "../errors.ts";
import type { Exchange, McpDeps, WithGrant } from "./exchange.ts";
import { readConsents, standing } from "./standing-consent.ts";

const lookMs = 1_000;
/** Every how many looks it is asked whether the consent holds, which is never for a call that is answered by then. */
const checkEvery = 5;
/** So often in a row the database may not say: one that fails over is no reason to break off what may have taken effect. */
const unansweredMax = 3;

/** A request to a server, until its answer has ended. */
export interface WatchedCall {
  /** Aborted as the exchange's own is, and with the GatewayError that says why the consent does not hold any more. */
  readonly signal: AbortSignal;
  /** Says that there is nothing left to end. */
  readonly end: () => void;
}

export interface CallWatch {
  watch(exchange: Pick<Exchange & WithGrant, "signal" | "grant">): WatchedCall;
}

interface OpenCall extends WithGrant {
  readonly abort: AbortController;
  looks: number;
  unanswered: number;
}

function ended(error: GatewayError): GatewayError {
  const sentence = `${error.sentence} So the call was ended before its answer was complete. It may have taken effect.`;
  return new GatewayError(error.code, { sentence, cause: error });
}

/** One timer for all calls, which runs while there are some: a short one costs no timer and no question. */
export function createCallWatch(deps: Pick<McpDeps, "grants" | "directory" | "clock">): CallWatch {
  const open = new Set<OpenCall>();
  let timer: NodeJS.Timeout | undefined;

  const check = async (call: OpenCall): Promise<void> => {
    try {
      const { host, grants } = await readConsents(call.grant.connectionId, deps).catch((error: GatewayError) => {
        call.unanswered += 1;
        if (call.unanswered < unansweredMax) return { host: undefined, grants: [] };
        throw error;
      });
      if (host === undefined) return;
      call.unanswered = 0;
      const grant = grants.find(({ id }) => id === call.grant.id);
      standing(host, grant, deps.clock());
    } catch (error) {
      const problem = error instanceof GatewayError ? error : new GatewayError("INTERNAL", { cause: error });
      call.abort.abort(ended(problem));
    }
  };
  const look = () => {
    if (open.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    for (const call of open) {
      call.looks += 1;
      if (call.looks % checkEvery === 0) void check(call);
    }
  };

  return {
    watch: ({ signal, grant }) => {
      const abort = new AbortController();
      const follow = () => abort.abort(signal.reason);
      if (signal.aborted) follow();
      else signal.addEventListener("abort", follow, { once: true });
      const call: OpenCall = { grant, abort, looks: 0, unanswered: 0 };
      open.add(call);
      timer ??= setInterval(look, lookMs).unref();
      return {
        signal: abort.signal,
        end: () => {
          open.delete(call);
          signal.removeEventListener("abort", follow);
        },
      };
    },
  };
}
