/** One question to several servers at once. */
import type { Grant } from "../../deps/grants.ts";
import { GatewayError } from "../../errors.ts";

/** Longest time that one server holds up an answer that is made of several. */
const waitMs = 5_000;

/** What one server said, or why it said nothing. */
export type Part<T> =
  | { readonly grant: Grant; readonly value: T; readonly error?: undefined }
  | { readonly grant: Grant; readonly error: GatewayError };

/**
 * Asks all of them at the same time: they are as many as a human may choose, no more. One that takes longer than five
 * seconds is left behind, with UPSTREAM_TIMEOUT. Never throws.
 */
export function askAll<T>(
  grants: readonly Grant[],
  signal: AbortSignal,
  ask: (grant: Grant, signal: AbortSignal) => Promise<T>,
): Promise<readonly Part<T>[]> {
  return Promise.all(
    grants.map(async (grant): Promise<Part<T>> => {
      const deadline = new AbortController();
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        const sentence = `"${grant.server}" did not answer within ${waitMs / 1000} s.`;
        const error = new GatewayError("UPSTREAM_TIMEOUT", { sentence });
        late.reject(error);
        deadline.abort(error);
      }, waitMs);
      try {
        const asked = ask(grant, AbortSignal.any([signal, deadline.signal]));
        return { grant, value: await Promise.race([asked, late.promise]) };
      } catch (error) {
        return { grant, error: error instanceof GatewayError ? error : new GatewayError("INTERNAL", { cause: error }) };
      } finally {
        clearTimeout(timer);
      }
    }),
  );
}
