import { GatewayError } from "../errors.ts";

/** A signal that aborts with the error that says why, and the way to end the wait for it. */
export function startDeadline(timeoutMs: number): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const sentence = `The MCP server did not finish within ${timeoutMs / 1000} s, so the request was ended. It may have taken effect.`;
    controller.abort(new GatewayError("UPSTREAM_TIMEOUT", { sentence }));
  }, timeoutMs);
  return { signal: controller.signal, release: () => clearTimeout(timer) };
}
