import type { AuditRetention } from "../deps/audit-store.ts";
import type { Clock } from "../deps/process.ts";
import type { AuditLog } from "./audit-log.ts";
import { hashOf } from "./line.ts";
import { logRecord } from "./log-record.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** What is deleted, and on whose word. */
export interface RetentionParts {
  readonly retention: AuditRetention;
  readonly auditLog: AuditLog;
  readonly host: string;
  /** Names of all destinations: what one of them has not got is kept. */
  readonly destinations: readonly string[];
  readonly clock: Clock;
}

/**
 * Deletes what is older than so many whole days (UTC) and was shipped everywhere; resolves with how many chains that was
 * of. That it is deleted, and the hash that the rest goes on from, is on record before it is: so a log whose beginning is
 * missing can be told from one whose beginning was taken out.
 */
export async function deleteExpired(retentionDays: number, parts: RetentionParts): Promise<number> {
  const { retention, auditLog, host, destinations, clock } = parts;
  const now = clock();
  const before = new Date(Math.floor(now.getTime() / dayMs) * dayMs - retentionDays * dayMs);
  const lines = await retention.expired(before, destinations);
  for (const { chain, sequence, line } of lines) {
    const head = { chain, sequence, hash: hashOf(line) };
    await auditLog.write(logRecord("log_trimmed", { host, now, heads: [head] }));
    // Signed before it is done: nobody believes a log that excuses itself.
    await auditLog.write(logRecord("log_checkpoint", { host, now }));
    await retention.trim(head);
  }
  return lines.length;
}
