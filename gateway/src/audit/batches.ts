import type { AuditBatchLimits, AuditRecord } from "../deps/audit.ts";
import { auditLine } from "./line.ts";

/** The records in their order, cut so that each part is within the limits and none is empty. Pure. */
export function batches(
  records: readonly AuditRecord[],
  limits: AuditBatchLimits,
): readonly (readonly AuditRecord[])[] {
  const all: AuditRecord[][] = [];
  let batch: AuditRecord[] = [];
  let bytes = 0;
  let firstMs = 0;
  for (const record of records) {
    const size = Buffer.byteLength(auditLine(record)) + limits.bytesPerRecord;
    const timeMs = Date.parse(record.time);
    const fits =
      batch.length < limits.records && bytes + size <= limits.bytes && Math.abs(timeMs - firstMs) < limits.spanMs;
    if (batch.length === 0 || !fits) {
      batch = [];
      all.push(batch);
      bytes = 0;
      firstMs = timeMs;
    }
    batch.push(record);
    bytes += size;
  }
  return all;
}
