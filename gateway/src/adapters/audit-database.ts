import { setImmediate as nextTurn } from "node:timers/promises";
import { auditLine } from "../audit/line.ts";
import type { AuditRecord, AuditSink } from "../deps/audit.ts";
import { GatewayError } from "../errors.ts";
import { toRow } from "./audit-rows.ts";
import type { Database } from "./database.ts";

/** After this a call is refused rather than kept waiting for its record. */
const writeTimeoutMs = 5_000;
const maxBatch = 500;
const commitsAtOnce = 2;

const insertion = `
  insert into gateway_audit
  select * from jsonb_populate_recordset(null::gateway_audit, $1::jsonb)
  on conflict (id) do nothing
`;

interface Waiting {
  readonly record: AuditRecord;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes records to the table `gateway_audit`, then one JSON line each (`"type":"audit"`). Group commit: what comes
 * while a commit is in flight goes together with the next one, so a busy gateway makes fewer commits, not slower calls.
 */
export function createDatabaseAuditSink({
  database,
  writeLines,
}: {
  readonly database: Database;
  /** Takes the lines of one commit, without the end of the last. */
  readonly writeLines: (lines: string) => void;
}): AuditSink {
  let queue: Waiting[] = [];
  let running = 0;
  let begins = false;

  const insert = async (records: readonly AuditRecord[]) => {
    // One parameter, however many records: PostgreSQL takes its JSON apart in less time than a driver binds the columns.
    // A record that is there already is a repeat of a commit whose answer was lost.
    const rows = JSON.stringify(records.map(toRow));
    await database.execute("insert audit records", insertion, [rows]);
  };
  const commit = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      await insert(batch.map((waiting) => waiting.record));
    } catch (error) {
      const [only, ...others] = batch;
      if (others.length === 0) return only?.failed(error);
      // One record that can't be stored must not refuse the calls of others.
      for (const waiting of batch) await commit([waiting]);
      return;
    }
    // At once: a write to a pipe blocks, and costs more than the line.
    writeLines(batch.map(({ record }) => auditLine(record)).join("\n"));
    for (const { done } of batch) done();
  };
  const drain = async () => {
    if (begins || running >= commitsAtOnce) return;
    begins = true;
    // What arrives in the same turn of the event loop goes together.
    await nextTurn();
    begins = false;
    running += 1;
    while (queue.length > 0) {
      const batch = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      await commit(batch);
    }
    running -= 1;
  };

  return {
    write: (record) =>
      new Promise((resolve, reject) => {
        const refuse = (cause: unknown) => reject(new GatewayError("AUDIT_UNAVAILABLE", { cause }));
        const timer = setTimeout(() => refuse(new Error("The audit record was not stored in time.")), writeTimeoutMs);
        queue.push({
          record,
          done: () => {
            clearTimeout(timer);
            resolve();
          },
          failed: (error) => {
            clearTimeout(timer);
            refuse(error);
          },
        });
        void drain();
      }),
  };
}
