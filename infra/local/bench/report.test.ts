import { expect, test } from "vitest";
import { type Measurement, median, summarize, tableOf } from "./report.ts";

const measured = (subject: string, round: number, perSecond: number, p50Ms: number): Measurement => ({
  ...{ subject, round, perSecond, p50Ms, p95Ms: 2 * p50Ms, p99Ms: 3 * p50Ms, p999Ms: 4 * p50Ms, maxMs: 5 * p50Ms },
  ...{ answers: 1, requests: 1, markedShare: 1, bytesPerAnswer: 1, cpuMicrosPerAnswer: 1 },
  ...{ subjectCpuMicros: 100, permitCpuMicros: 10, upstreamCpuMicros: 5, residentMb: 50 },
});

test("medians", () => {
  expect([median([3, 1, 2]), median([1, 4, 2, 3]), median([7])]).toEqual([2, 2.5, 7]);
  expect(median([])).toBeNaN();
});

test("subjects are compared within a round: a slow round of all changes neither ratio nor difference", () => {
  const rounds = [
    [measured("direct", 0, 1_000, 1), measured("pass-through", 0, 100, 2), measured("gateway", 0, 60, 3)],
    // The machine is busy: a tenth of the throughput for everybody.
    [measured("direct", 1, 100, 10), measured("pass-through", 1, 10, 11), measured("gateway", 1, 6, 12)],
  ].flat();
  const summaries = summarize(rounds);
  expect(summaries.map(({ subject }) => subject)).toEqual(["direct", "pass-through", "gateway"]);
  const gateway = summaries.at(-1);
  expect(gateway).toMatchObject({ ofPassThrough: 0.6, addedP50Ms: 2, perSecond: 33 });
  expect(
    tableOf(summaries)
      .split("\n")
      .map((line) => line.split(/ +/).slice(0, 3)),
  ).toEqual([
    ["", "calls/s", "of"],
    ["direct", "550", "10.00"],
    ["pass-through", "55", "1.00"],
    ["gateway", "33", "0.60"],
  ]);
});
