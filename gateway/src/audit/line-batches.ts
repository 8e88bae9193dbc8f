import type { AuditBatchLimits, AuditLine } from "../deps/audit.ts";

/** Lines in their order, cut so that each part is within the limits and none is empty. Pure. */
export function lineBatches(
  lines: readonly AuditLine[],
  limits: AuditBatchLimits,
): readonly (readonly [AuditLine, ...AuditLine[]])[] {
  const all: [AuditLine, ...AuditLine[]][] = [];
  let bytes = 0;
  let earliestMs = 0;
  let latestMs = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(line.line) + limits.bytesPerRecord;
    const timeMs = Date.parse(line.time);
    const batch = all.at(-1);
    // Times may run backwards a little: what counts is how far they are apart.
    const spanMs = Math.max(latestMs, timeMs) - Math.min(earliestMs, timeMs);
    if (
      batch !== undefined &&
      batch.length < limits.records &&
      bytes + size <= limits.bytes &&
      spanMs < limits.spanMs
    ) {
      batch.push(line);
      bytes += size;
      earliestMs = Math.min(earliestMs, timeMs);
      latestMs = Math.max(latestMs, timeMs);
    } else {
      all.push([line]);
      bytes = size;
      earliestMs = timeMs;
      latestMs = timeMs;
    }
  }
  return all;
}
