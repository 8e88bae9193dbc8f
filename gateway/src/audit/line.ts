import type { AuditRecord } from "../deps/audit.ts";

/** A record as one line of JSON, the same on standard output and in a log service. */
export function auditLine(record: AuditRecord): string {
  return JSON.stringify({ type: "audit", ...record });
}
