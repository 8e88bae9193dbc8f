import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decide } from "./decide.ts";
import type { HostModel } from "./model.ts";
import { arbitraryValues, ends } from "./testing/arbitrary-values.ts";
import type { HostValues } from "./testing/host-values.ts";
import { loadValues } from "./testing/load-values.ts";
import { trustLevels, trustRank } from "./trust.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-monotonic-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const loaded = (values: HostValues) => loadValues(folder, values).host;

const days = [...ends, "2026-11-27"];

/** Every call that is allowed, with the rank of its effective trust. */
function allowedCalls(host: HostModel): ReadonlyMap<string, number> {
  const calls = new Map<string, number>();
  for (const on of days) {
    for (const { key: server, tools } of host.servers) {
      for (const { email: human } of host.humans) {
        for (const { name: tool } of tools) {
          for (const consent of trustLevels) {
            const decision = decide(host, { human, server, tool, consent, on });
            if (!decision.allow) continue;
            calls.set(JSON.stringify([on, server, human, tool, consent]), trustRank(decision.effective));
          }
        }
      }
    }
  }
  return calls;
}

test("a grant taken out of the files never allows more, nor lifts the effective trust", () => {
  let fewer = 0;
  fc.assert(
    fc.property(arbitraryValues, ({ grants, ...values }) => {
      const all = allowedCalls(loaded({ ...values, grants }));
      const lines = grants.grants ?? [];
      for (const removed of lines) {
        const left = loaded({ ...values, grants: { ...grants, grants: lines.filter((line) => line !== removed) } });
        const calls = allowedCalls(left);
        for (const [call, rank] of calls) expect(rank, call).toBeLessThanOrEqual(all.get(call) ?? -1);
        if (calls.size < all.size) fewer++;
      }
    }),
    { numRuns: 25 },
  );
  expect(fewer).toBeGreaterThan(0);
});

test("more consent never allows less, and a later day never allows more", () => {
  fc.assert(
    fc.property(arbitraryValues, (values) => {
      const calls = allowedCalls(loaded(values));
      for (const call of calls.keys()) {
        const [on, server, human, tool, consent] = JSON.parse(call) as [string, string, string, string, "low"];
        for (const level of trustLevels.slice(trustRank(consent))) {
          expect(calls.has(JSON.stringify([on, server, human, tool, level]))).toBe(true);
        }
        for (const earlier of days.filter((day) => day < on)) {
          expect(calls.has(JSON.stringify([earlier, server, human, tool, consent]))).toBe(true);
        }
      }
    }),
    { numRuns: 25 },
  );
});
