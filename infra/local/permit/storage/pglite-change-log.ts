import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { Change } from "../state/journal.ts";
import type { ChangeLog, StoredRow } from "./change-log.ts";
import { lockDataDir } from "./data-lock.ts";

const schema = `
  create table if not exists entity (
    scope text not null,
    kind text not null,
    id text not null,
    ordinal bigint generated always as identity,
    body jsonb not null,
    primary key (scope, kind, id)
  )`;

const put = `
  insert into entity (scope, kind, id, body)
  select scope, kind, id, body from jsonb_to_recordset($1::jsonb) as row(scope text, kind text, id text, body jsonb)
  on conflict (scope, kind, id) do update set body = excluded.body`;

const remove = `
  delete from entity using jsonb_to_recordset($1::jsonb) as row(scope text, kind text, id text)
  where entity.scope = row.scope and entity.kind = row.kind and entity.id = row.id`;

interface Waiting {
  readonly changes: readonly Change[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Changes in an embedded PostgreSQL below one folder. What arrives during a commit shares the next one. */
export class PGliteChangeLog implements ChangeLog {
  readonly #database: PGlite;
  readonly #unlock: () => void;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;

  private constructor(database: PGlite, unlock: () => void) {
    this.#database = database;
    this.#unlock = unlock;
  }

  /** Opens or makes the database. Throws DataDirInUseError when another process has it. */
  static async open(dataDir: string): Promise<PGliteChangeLog> {
    // It holds API keys in clear.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const unlock = lockDataDir(dataDir);
    try {
      const database = await PGlite.create(join(dataDir, "database"));
      await database.exec(schema);
      return new PGliteChangeLog(database, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  async load(): Promise<readonly StoredRow[]> {
    const { rows } = await this.#database.query<StoredRow>("select scope, kind, id, body from entity order by ordinal");
    return rows;
  }

  append(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#database.close();
    this.#unlock();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#commit(batch.flatMap(({ changes }) => changes));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#flushing = null;
  }

  async #commit(changes: readonly Change[]): Promise<void> {
    // The last change of a row wins: one insert can't touch a row twice.
    const last = new Map<string, Change>();
    for (const change of changes) {
      const key = `${change.scope} ${change.kind} ${change.id}`;
      last.delete(key);
      last.set(key, change);
    }
    const puts = [...last.values()].filter((change) => change.body !== null);
    const removals = [...last.values()].filter((change) => change.body === null);
    await this.#database.transaction(async (transaction) => {
      if (removals.length > 0) {
        await transaction.query(remove, [JSON.stringify(removals.map(({ scope, kind, id }) => ({ scope, kind, id })))]);
      }
      if (puts.length > 0) await transaction.query(put, [JSON.stringify(puts)]);
    });
  }
}
