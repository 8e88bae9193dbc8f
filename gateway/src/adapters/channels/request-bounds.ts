/** What ends the wait for one request: the policy's time, and the client that goes away. */
import type { UpstreamRequest } from "../../deps/upstream.ts";
import { GatewayError } from "../../errors.ts";
import { startDeadline } from "../upstream-deadline.ts";

/** What is said of a session that is over, and of a request that nobody waits for any more. */
export const sessionOver = () =>
  new GatewayError("UPSTREAM_UNAVAILABLE", { sentence: "The session with the MCP server has ended." });

/** What a signal was aborted with, as an error that a client can be told. */
export function abortReason({ reason }: AbortSignal): GatewayError {
  return reason instanceof GatewayError ? reason : sessionOver();
}

/** A signal that aborts when the client goes away or `timeoutMs` is over. `release` ends the wait for the latter. */
export function startBounds({ signal, timeoutMs }: UpstreamRequest): { readonly signal: AbortSignal; release(): void } {
  if (timeoutMs === undefined) return { signal, release: () => undefined };
  const deadline = startDeadline(timeoutMs);
  return { signal: AbortSignal.any([signal, deadline.signal]), release: deadline.release };
}

/**
 * Resolves like `work`, but waits no longer than until the signal aborts: then it throws `abortReason`, and what becomes of
 * `work` is nobody's business any more.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(abortReason(signal));
    const settled = () => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    work.then(resolve, reject).finally(settled);
  });
}
