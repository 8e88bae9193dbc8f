import { auditLine } from "../audit/line.ts";
import type { AuditRecord, AuditSink } from "../deps/audit.ts";
import { GatewayError } from "../errors.ts";
import { toRow } from "./audit-rows.ts";
import type { Database } from "./database.ts";
import { together } from "./together.ts";

/** After this a call is refused rather than kept waiting for its record. */
const writeTimeoutMs = 5_000;
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
  // Each record hears of its own end, also within a commit that is made in parts.
  const commitTogether = together<Waiting, void>(
    async (batch) => {
      await commit(batch);
      return () => undefined;
    },
    { atOnce: commitsAtOnce },
  );

  return {
    write: (record) =>
      new Promise((resolve, reject) => {
        const refuse = (cause: unknown) => reject(new GatewayError("AUDIT_UNAVAILABLE", { cause }));
        const timer = setTimeout(() => refuse(new Error("The audit record was not stored in time.")), writeTimeoutMs);
        void commitTogether({
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
      }),
  };
}
