/** The records of `minimum.ts`: rows of the columns that the gateway's have, with lines of the same length. */
import { hash, randomUUID } from "node:crypto";
import { Client } from "pg";
import { oneAtATime } from "./one-at-a-time.ts";

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

/** Makes the table. There is one commit at a time, for all who wait. */
export async function openRecords(databaseUrl: string): Promise<MinimumRecords> {
  const database = new Client(databaseUrl);
  await database.connect();
  await database.query(`create table minimum_audit (${columns}, primary key (chain, sequence), unique (id))`);
  const insert = `insert into minimum_audit select row.* from json_to_recordset($1::json) as row (${columns})`;
  const chain = randomUUID();
  let sequence = 0;
  let previous = "";
  let noted: MinimumRecord[] = [];

  const rowOf = (record: MinimumRecord) => {
    sequence += 1;
    const said = JSON.stringify({ ...record, sequence, previous });
    const line = `${said.slice(0, -1)},"filling":"${filling.slice(said.length + 13)}"}`;
    previous = hash("sha256", line, "hex");
    const { id, event } = record;
    const who = { human: "developer-1@example.com", agent: "agent", server: "bench", tool: "tool_0" };
    return { chain, sequence, id, time: new Date(), event, ...who, line };
  };
  return {
    write: oneAtATime(async (records) => {
      const rows = [...noted, ...records].map(rowOf);
      noted = [];
      await database.query({ name: "append", text: insert, values: [JSON.stringify(rows)] });
    }),
    note: (record) => void noted.push(record),
  };
}
