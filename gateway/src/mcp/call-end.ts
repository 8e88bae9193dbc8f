/** What became of a call that was let through, on record: one result for each decision, whatever happens to the call. */
import { type CallEnd, callResult } from "../audit/call-result.ts";
import { GatewayError } from "../errors.ts";
import { kindOf } from "./answer-headers.ts";
import type { McpDeps, Progress, WithAnswer } from "./exchange.ts";
import { watchBody } from "./watch-body.ts";

/** The end of one message; only the first thing that is told of it counts. */
export interface CallEnding {
  /** It was refused or broke off before there was an answer. */
  failed(error: unknown): void;
  /** There is an answer: its body's end is the call's. Returns what takes this back, for a call that is sent once more. */
  answered(answer: WithAnswer["answer"]): () => void;
}

function endOf(error: unknown, signal: AbortSignal): CallEnd {
  // What the abort breaks off says something else of itself.
  const cause = signal.aborted ? signal.reason : error;
  if (cause instanceof GatewayError) return { outcome: "failed", code: cause.code, reason: cause.sentence };
  if (signal.aborted) {
    const reason = "The client went away before the end of the answer. The call may have taken effect.";
    return { outcome: "cancelled", code: "CANCELLED", reason };
  }
  const reason = "The connection to the MCP server broke before the end of its answer. The call may have taken effect.";
  return { outcome: "failed", code: "UPSTREAM_UNAVAILABLE", reason };
}

/** True where the status is the whole answer: the gateway itself lets go of what else there may be, so nothing broke off. */
function isStatusAlone(answer: WithAnswer["answer"]): boolean {
  try {
    return kindOf(answer, "POST") === "empty";
  } catch {
    return false;
  }
}

/** `progress` is looked at when the end is told. Nothing is recorded of what has no record of a decision. */
export function callEnding(progress: () => Progress, { audit, clock }: Pick<McpDeps, "audit" | "clock">): CallEnding {
  let told = false;
  const tell = (end: CallEnd) => {
    const { decided } = progress();
    if (told || decided === undefined) return;
    told = true;
    const now = clock();
    const durationMs = Math.round(performance.now() - decided.startedMs);
    // Where the decision is not on record, the call was refused because of that.
    decided.recorded.then(
      () => audit.note(callResult(decided.record, now, { durationMs, ...end })),
      () => undefined,
    );
  };
  return {
    failed: (error) => {
      const { signal, answer, sentBytes } = progress();
      tell({ ...endOf(error, signal), upstreamStatus: answer?.status ?? null, requestBytes: sentBytes ?? null });
    },
    answered: (answer) => {
      const { status, body } = answer;
      let takenBack = false;
      watchBody(body, ({ bytes, whole, error }) => {
        if (takenBack) return;
        const sizes = { upstreamStatus: status, requestBytes: progress().sentBytes ?? null, responseBytes: bytes };
        const isBroken = !whole && (error !== null || progress().signal.aborted);
        if (isBroken && !isStatusAlone(answer)) {
          return tell({ ...endOf(error, progress().signal), ...sizes });
        }
        const failed = status >= 400;
        const reason = `The MCP server answered with status ${status}.`;
        tell({
          outcome: failed ? "failed" : "answered",
          code: failed ? "UPSTREAM_STATUS" : "ANSWERED",
          reason,
          ...sizes,
        });
      });
      return () => {
        takenBack = true;
      };
    },
  };
}
