/** When a refused or lost request is sent again. Pure: the wait itself is done by `client.ts`. */

const attemptsMax = 8;
const delayMinMs = 1_000;
/** Permit counts requests per minute, so a wait of up to a minute is worth it. */
const delayMaxMs = 60_000;

/** Not POST: a create whose answer was lost may have happened, and a second one would be a duplicate. */
const repeatableMethods = new Set(["GET", "PUT", "PATCH", "DELETE"]);

/** One failed attempt. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  readonly method: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Value of the `Retry-After` header. */
  readonly retryAfter?: string | undefined;
}

/** `Retry-After` as milliseconds from `nowMs`: seconds or an HTTP date (RFC 9110 section 10.2.3). */
function retryAfterMs(value: string, nowMs: number): number | undefined {
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/**
 * Milliseconds to wait before the request is repeated, or undefined when it must not be: a 429 was not processed, so
 * any method may be repeated; a 5xx or a lost answer may have been, so only what is the same done twice.
 */
export function retryDelayMs(failed: FailedAttempt, nowMs: number): number | undefined {
  if (failed.attempt >= attemptsMax) return undefined;
  const lost = failed.status === 0 || failed.status >= 500;
  if (failed.status !== 429 && !(lost && repeatableMethods.has(failed.method))) return undefined;
  const asked = failed.retryAfter === undefined ? undefined : retryAfterMs(failed.retryAfter, nowMs);
  return Math.min(asked ?? delayMinMs * 2 ** (failed.attempt - 1), delayMaxMs);
}
