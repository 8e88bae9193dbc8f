import fc from "fast-check";
import { expect, test } from "vitest";
import type { AuditRecord } from "../deps/audit.ts";
import { batches } from "./batches.ts";
import { auditLine } from "./line.ts";

const records = fc
  .array(fc.record({ afterMs: fc.integer({ min: 0, max: 40 }), tool: fc.string({ unit: "binary", maxLength: 12 }) }), {
    maxLength: 30,
  })
  .map((each) => {
    let timeMs = Date.UTC(2026, 0, 1);
    return each.map(({ afterMs, tool }, index) => {
      timeMs += afterMs;
      return { id: String(index), time: new Date(timeMs).toISOString(), tool } as AuditRecord;
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
      const parts = batches(all, limit);
      expect(parts.flat()).toEqual(all);
      const bytesOf = (part: readonly AuditRecord[]) =>
        part.reduce((sum, record) => sum + Buffer.byteLength(auditLine(record)) + limit.bytesPerRecord, 0);
      const spanOf = (part: readonly AuditRecord[]) =>
        Date.parse(part.at(-1)?.time ?? "") - Date.parse(part[0]?.time ?? "");
      const fits = (part: readonly AuditRecord[]) =>
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
