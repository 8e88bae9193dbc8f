import fc from "fast-check";
import { expect, test } from "vitest";
import type { AuditLine } from "../deps/audit.ts";
import { lineBatches } from "./line-batches.ts";

const records = fc
  .array(fc.record({ afterMs: fc.integer({ min: -5, max: 40 }), text: fc.string({ unit: "binary", maxLength: 12 }) }), {
    maxLength: 30,
  })
  .map((each) => {
    let timeMs = Date.UTC(2026, 0, 1);
    return each.map(({ afterMs, text }, index): AuditLine => {
      timeMs += afterMs;
      return { chain: "c", sequence: index + 1, time: new Date(timeMs).toISOString(), line: JSON.stringify({ text }) };
    });
  });
const limits = fc.record({
  records: fc.integer({ min: 1, max: 8 }),
  bytes: fc.integer({ min: 50, max: 900 }),
  bytesPerRecord: fc.constantFrom(0, 26),
  spanMs: fc.integer({ min: 1, max: 100 }),
});

test("batches hold every record once, in order, within the limits, and are no smaller than they must be", () => {
  fc.assert(
    fc.property(records, limits, (all, limit) => {
      const parts = lineBatches(all, limit);
      expect(parts.flat()).toEqual(all);
      const bytesOf = (part: readonly AuditLine[]) =>
        part.reduce((sum, record) => sum + Buffer.byteLength(record.line) + limit.bytesPerRecord, 0);
      const spanOf = (part: readonly AuditLine[]) => {
        const times = part.map(({ time }) => Date.parse(time));
        return Math.max(...times) - Math.min(...times);
      };
      const fits = (part: readonly AuditLine[]) =>
        part.length <= limit.records && bytesOf(part) <= limit.bytes && spanOf(part) < limit.spanMs;
      for (const [index, part] of parts.entries()) {
        expect(part.length).toBeGreaterThan(0);
        // One record alone may be larger than a delivery takes: the service refuses it, and the others still go.
        if (part.length > 1) expect(fits(part)).toBe(true);
        const [next] = parts[index + 1] ?? [];
        if (next !== undefined) expect(fits([...part, next])).toBe(false);
      }
    }),
  );
});
