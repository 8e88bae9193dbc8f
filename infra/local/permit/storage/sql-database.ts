import type { Change } from "../state/journal.ts";
import { organizationScope } from "../state/organization.ts";
import { CommitQueue } from "./commit-queue.ts";
import type { Database, StoredRow } from "./database.ts";
import { RowReader } from "./row-reader.ts";
import type { SqlConnection, Statement } from "./sql-connection.ts";
import { decisionSchema, dropDecisions, insertDecisions, readDecisions } from "./sql-decisions.ts";
import { placeholders } from "./sql-placeholders.ts";

const entitySchema = (counterType: string): Statement => ({
  text: `
    create table if not exists local_permit_entity (
      ordinal ${counterType},
      scope text not null,
      kind text not null,
      id text not null,
      body text not null,
      unique (scope, kind, id)
    )`,
  values: [],
});

/** Bounds the values of one statement, which both databases limit. */
const rowsPerStatement = 500;

/** State and decisions in two tables of a SQL database, which is closed with it. Throws what the database throws. */
export async function openSqlDatabase(connection: SqlConnection): Promise<Database> {
  const { counterType, bytesType } = connection;
  try {
    await connection.transaction([entitySchema(counterType), decisionSchema(bytesType)]);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const queue = new CommitQueue(async (changes) => {
    await connection.transaction([...deletions(changes), ...upserts(changes), ...dropDecisions(removedIn(changes))]);
  });
  return {
    failed: connection.failed,
    load: () => load(connection),
    append: (changes) => queue.add(changes),
    appendDecisions: async (chunks) => {
      await connection.lazyTransaction(chunks.flatMap(insertDecisions));
    },
    decisions: (environmentId) => readDecisions(connection, environmentId),
    close: async () => {
      await queue.idle();
      await connection.close();
    },
  };
}

async function* load(connection: SqlConnection): AsyncGenerator<readonly StoredRow[]> {
  const reader = new RowReader();
  const text =
    "select ordinal, scope, kind, body from local_permit_entity where ordinal > $1 order by ordinal limit $2";
  for (let after: number | null = 0; after !== null; ) {
    const [rows = []] = await connection.transaction([{ text, values: [after, connection.rowsPerRead] }]);
    yield rows.map(({ scope, kind, body }) => ({
      scope: String(scope),
      kind: String(kind),
      body: reader.read(String(body)),
    }));
    after = rows.length < connection.rowsPerRead ? null : Number(rows.at(-1)?.ordinal);
  }
}

function deletions(changes: readonly Change[]): readonly Statement[] {
  return pieces(changes.filter(({ body }) => body === null)).map((piece) => ({
    text: `delete from local_permit_entity where (scope, kind, id) in (values ${placeholders(piece.length, 3)})`,
    values: piece.flatMap(({ scope, kind, id }) => [scope, kind, id]),
  }));
}

function upserts(changes: readonly Change[]): readonly Statement[] {
  return pieces(changes.filter(({ body }) => body !== null)).map((piece) => ({
    text:
      `insert into local_permit_entity (scope, kind, id, body) values ${placeholders(piece.length, 4)} ` +
      "on conflict (scope, kind, id) do update set body = excluded.body",
    values: piece.flatMap(({ scope, kind, id, body }) => [scope, kind, id, JSON.stringify(body)]),
  }));
}

function removedIn(changes: readonly Change[]): readonly string[] {
  return changes
    .filter(({ scope, kind, body }) => scope === organizationScope && kind === "environment" && body === null)
    .map(({ id }) => id);
}

function pieces<T>(all: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(all.length / rowsPerStatement);
  return Array.from({ length: count }, (_, i) => all.slice(i * rowsPerStatement, (i + 1) * rowsPerStatement));
}
