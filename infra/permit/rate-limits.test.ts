import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPacer, permitRateLimits } from "./rate-limits.ts";

const minuteMs = 60_000;
const newType = ["POST", "/v2/schema/p/e/resources"] as const;

describe("a request waits for its turn", () => {
  test("when 40 schema objects were made within the minute, until the first of them is a minute old", () => {
    const turn = createPacer();
    for (let made = 0; made < 40; made += 1) {
      expect(turn(...newType, made * 100)).toEqual({ delayMs: 0, limit: undefined });
    }
    const { delayMs, limit } = turn(...newType, 10_000);
    expect([delayMs, limit?.text]).toEqual([50_000, "40 new schema objects a minute"]);
    // The next one goes after the second, not together with it.
    expect(turn(...newType, 10_000).delayMs).toBe(50_100);
    // Reading, and changing what is there, is not held up by it.
    expect(turn("GET", "/v2/schema/p/e/resources", 10_000).delayMs).toBe(0);
    expect(turn("PATCH", "/v2/schema/p/e/resources/a", 10_000).delayMs).toBe(0);
  });

  test("bulk requests are those whose path says so, whatever is deleted or made", () => {
    const bulk = permitRateLimits.find(({ text }) => text.includes("bulk"));
    const paths = ["bulk/users", "relationship_tuples/bulk", "users/bulk-user", "resources/bulky"];
    expect(paths.map((path) => bulk?.counts("POST", `/v2/facts/p/e/${path}`))).toEqual([true, true, false, false]);
    expect(bulk?.counts("DELETE", "/v2/facts/p/e/bulk/resource_instances")).toBe(true);
  });

  test("and no window of any limit ever holds more than it may", () => {
    const methods = fc.constantFrom("GET", "POST", "PUT", "DELETE");
    const paths = fc.constantFrom("/v2/schema/p/e/resources", "/v2/facts/p/e/bulk/users", "/v2/facts/p/e/users");
    const request = fc.record({ method: methods, path: paths, pauseMs: fc.nat(2_000) });
    const limits = permitRateLimits.map((limit) => ({ ...limit, requestsMax: Math.ceil(limit.requestsMax / 20) }));
    fc.assert(
      fc.property(fc.array(request, { maxLength: 120 }), (requests) => {
        const turn = createPacer(limits);
        let nowMs = 0;
        const sent = requests.map(({ method, path, pauseMs }) => {
          nowMs += pauseMs;
          return { method, path, atMs: nowMs + turn(method, path, nowMs).delayMs };
        });
        for (const { counts, requestsMax, windowMs } of limits) {
          const times = sent.filter(({ method, path }) => counts(method, path)).map(({ atMs }) => atMs);
          times.sort((a, b) => a - b);
          const tooClose = times.filter((time, index) => time - (times[index - requestsMax] ?? -windowMs) < windowMs);
          expect(tooClose).toEqual([]);
        }
      }),
    );
  });
});

test("a limit of one a minute spaces requests by a minute", () => {
  const turn = createPacer([{ text: "one a minute", requestsMax: 1, windowMs: minuteMs, counts: () => true }]);
  expect([0, 1, 2].map(() => turn("GET", "/", 0).delayMs)).toEqual([0, minuteMs, 2 * minuteMs]);
});
