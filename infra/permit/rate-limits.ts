/** Permit's limits on requests, kept by waiting instead of being refused. Source: Permit's documentation of its API. */

/** So many requests of a sort in any window of this length. */
export interface RateLimit {
  /** For the operator, for example `40 new schema objects a minute`. */
  readonly text: string;
  readonly requestsMax: number;
  readonly windowMs: number;
  /** Whether a request counts. `path` has no query. */
  readonly counts: (method: string, path: string) => boolean;
}

const minuteMs = 60_000;

/** The limits of Permit's service. A Permit of one's own has none. */
export const permitRateLimits: readonly RateLimit[] = [
  {
    text: "40 new schema objects a minute",
    requestsMax: 40,
    windowMs: minuteMs,
    counts: (method, path) => method === "POST" && path.startsWith("/v2/schema/"),
  },
  {
    text: "100 bulk requests in 10 minutes",
    requestsMax: 100,
    windowMs: 10 * minuteMs,
    counts: (method, path) => method !== "GET" && /\/bulk(\/|$)/.test(path),
  },
  { text: "60 deletions a minute", requestsMax: 60, windowMs: minuteMs, counts: (method) => method === "DELETE" },
  { text: "300 writes a minute", requestsMax: 300, windowMs: minuteMs, counts: (method) => method !== "GET" },
  { text: "1000 requests a minute", requestsMax: 1000, windowMs: minuteMs, counts: () => true },
];

/** Milliseconds that a request has to wait, and the limit that makes it. */
export interface Turn {
  readonly delayMs: number;
  readonly limit: RateLimit | undefined;
}

/**
 * Gives each request its turn: asked with the time, it answers how long to wait so that no window of any limit holds
 * more than it may, and takes that turn. Pure but for what it remembers.
 */
export function createPacer(
  limits: readonly RateLimit[] = permitRateLimits,
): (method: string, path: string, nowMs: number) => Turn {
  const turns = limits.map((limit) => ({ limit, timesMs: [] as number[] }));
  return (method, path, nowMs) => {
    const counting = turns.filter(({ limit }) => limit.counts(method, path));
    let atMs = nowMs;
    let slowest: RateLimit | undefined;
    for (const { limit, timesMs } of counting) {
      const before = timesMs.at(-limit.requestsMax);
      if (before === undefined || before + limit.windowMs <= atMs) continue;
      atMs = before + limit.windowMs;
      slowest = limit;
    }
    for (const { limit, timesMs } of counting) {
      timesMs.push(atMs);
      if (timesMs.length > limit.requestsMax) timesMs.shift();
    }
    return { delayMs: atMs - nowMs, limit: slowest };
  };
}
