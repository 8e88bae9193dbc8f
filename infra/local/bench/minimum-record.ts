/** The records of `minimum.ts`: rows of the columns that the gateway's have, with lines of the same length. */
import { hash, randomUUID } from "node:crypto";
import { Client } from "pg";

/** What a record says; `id` is unique. */
export interface MinimumRecord {
  readonly id: string;
  readonly event: string;
  readonly [member: string]: unknown;
}

export interface MinimumRecords {
  /** Resolves once it is durable. */
  write(record: MinimumRecord): Promise<void>;
  /** Goes with the next that is written. */
  note(record: MinimumRecord): void;
}

/** `BENCHMARKS.md`: a million records of the gateway were 1,131 MB. */
const lineBytes = 1_131;
const filling = "x".repeat(lineBytes);
const columns =
  "chain uuid, sequence bigint, id uuid, time timestamptz, event text, human text, agent text, server text, tool text, line text";
const names = columns.replaceAll(/ \w+(?=,|$)/g, "");

/** One commit at a time, for all who wait; the table is made first. */
export async function writtenTogether(databaseUrl: string): Promise<MinimumRecords> {
  const database = new Client(databaseUrl);
  await database.connect();
  await database.query(
    `create table minimum_audit (${columns}, primary key (chain, sequence)); create unique index on minimum_audit (id)`,
  );
  const insert = `insert into minimum_audit (${names}) select ${names} from json_to_recordset($1::json) as row (${columns})`;
  const chain = randomUUID();
  let sequence = 0;
  let previous = "";
  let waiting: { readonly record: MinimumRecord; readonly durable?: () => void }[] = [];
  let isWriting = false;

  const rowOf = (record: MinimumRecord) => {
    sequence += 1;
    const said = { ...record, sequence, previous };
    const line = JSON.stringify({ ...said, filling: filling.slice(JSON.stringify(said).length + 14) });
    previous = hash("sha256", line, "hex");
    const { id, event } = record;
    const who = { human: "developer-1@example.com", agent: "agent", server: "bench", tool: "tool_0" };
    return { chain, sequence, id, time: new Date(), event, ...who, line };
  };
  const commit = async () => {
    if (isWriting) return;
    isWriting = true;
    while (waiting.some(({ durable }) => durable !== undefined)) {
      const now = waiting;
      waiting = [];
      const rows = JSON.stringify(now.map(({ record }) => rowOf(record)));
      await database.query({ name: "append", text: insert, values: [rows] });
      for (const { durable } of now) durable?.();
    }
    isWriting = false;
  };
  return {
    write: (record) =>
      new Promise((durable) => {
        waiting.push({ record, durable });
        void commit();
      }),
    note: (record) => void waiting.push({ record }),
  };
}
