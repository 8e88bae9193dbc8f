import { sql } from "kysely";
import type { ChainHead } from "../deps/audit-records.ts";
import { AuditLineRefused, type AuditStore, AuditStoreUnable, type StoredLine } from "../deps/audit-store.ts";
import type { Database } from "./database.ts";

/**
 * The head moves only from where the writer believes it to be, and the lines are there only if it moved. One parameter for
 * all lines: PostgreSQL takes its JSON apart in less time than a driver binds the columns.
 */
const append = `
  with head as (
    update gateway_audit_chain set sequence = $2, hash = $3, open_sequence = $6, seen_at = clock_timestamp()
    where id = $1 and sequence = $4 and hash = $5 and ended_at is null
    returning id
  )
  insert into gateway_audit (chain, sequence, id, time, event, human, agent, server, tool, decision, code, line)
  select head.id, row.* from head, json_to_recordset($7::json) as row (
    sequence bigint, id uuid, time timestamptz, event text, human text, agent text, server text, tool text,
    decision text, code text, line text
  )
`;

/**
 * What the SQLSTATE of an error says of a statement (PostgreSQL, Appendix A). The data of it is refused, or nothing can be
 * written now (read only, no space, no table); for all others, a broken connection above all, it may have been done. So it
 * may where the server ends with that code: a commit can be in the write-ahead log when the space for more of it runs out.
 */
function refusalOf(cause: unknown): Error | undefined {
  const { code, severity } = (cause ?? {}) as { readonly code?: unknown; readonly severity?: unknown };
  if (severity === "PANIC") return undefined;
  if (typeof code !== "string" || !/^[0-9A-Z]{5}$/.test(code)) return undefined;
  if (/^(22|23|54)/.test(code)) return new AuditLineRefused("The database refuses the line.", { cause });
  if (/^(25|42|53)/.test(code)) return new AuditStoreUnable("The database can't write.", { cause });
  return undefined;
}

const columns = ({ chain: _chain, ...rest }: StoredLine) => rest;

const headOf = (row: { id: string; sequence: string | number; hash: string }): ChainHead => ({
  chain: row.id,
  sequence: Number(row.sequence),
  hash: row.hash,
});

/** The tables `gateway_audit` and `gateway_audit_chain`. Times are the database's: replicas need not agree on theirs. */
export function createAuditStore(database: Database): AuditStore {
  const { kysely } = database;
  const now = sql<Date>`clock_timestamp()`;
  return {
    begin: async ({ host, replica }, { chain: id, sequence, hash }) => {
      await kysely
        .insertInto("gateway_audit_chain")
        .values({ id, host, replica, hash, sequence, started_at: now, seen_at: now })
        // A repeat of a statement whose answer was lost.
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    },
    append: async (before, after, lines) => {
      const values = [before.chain, after.sequence, after.hash, before.sequence, before.hash, after.openFrom];
      try {
        const written = await database.execute("append audit lines", append, [
          ...values,
          JSON.stringify(lines.map(columns)),
        ]);
        return written === lines.length;
      } catch (cause) {
        throw refusalOf(cause) ?? cause;
      }
    },
    head: async (chain) => {
      const rows = await kysely
        .selectFrom("gateway_audit_chain")
        .select(["id", "sequence", "hash", "ended_at"])
        .where("id", "=", chain)
        // An append that is still being committed has the row: this waits for its end.
        .forUpdate()
        .execute();
      return rows.map((row) => ({ ...headOf(row), ended: row.ended_at !== null }))[0];
    },
    chains: async () => {
      const rows = await kysely.selectFrom("gateway_audit_chain").selectAll().orderBy("started_at").execute();
      return rows.map((row) => ({
        ...headOf(row),
        replica: row.replica,
        ended: row.ended_at !== null,
        trimmed:
          row.trimmed_hash === null
            ? undefined
            : { chain: row.id, sequence: Number(row.trimmed_sequence), hash: row.trimmed_hash },
      }));
    },
    openChains: async () => {
      const rows = await kysely
        .selectFrom("gateway_audit_chain")
        .select(["id", "sequence", "hash", "replica"])
        .where("ended_at", "is", null)
        .orderBy("id")
        .execute();
      return rows.map((row) => ({ ...headOf(row), replica: row.replica }));
    },
    end: async (chain) => {
      await kysely
        .updateTable("gateway_audit_chain")
        .set({ ended_at: now })
        .where("id", "=", chain)
        .where("ended_at", "is", null)
        .execute();
    },
    endSilent: async (silentMs) => {
      await kysely
        .updateTable("gateway_audit_chain")
        .set({ ended_at: now })
        .where("ended_at", "is", null)
        .where("seen_at", "<", sql<Date>`clock_timestamp() - make_interval(secs => ${silentMs / 1000})`)
        .execute();
    },
    unsettled: async () => {
      const rows = await kysely
        .selectFrom("gateway_audit_chain")
        .select(["id", "sequence", "hash"])
        .where("ended_at", "is not", null)
        .where("settled_at", "is", null)
        .orderBy("id")
        .execute();
      return rows.map(headOf);
    },
    openCalls: (chain) =>
      kysely
        .selectFrom("gateway_audit as call")
        .select("call.line")
        .where("call.chain", "=", chain)
        .where("call.sequence", ">=", ({ selectFrom }) =>
          selectFrom("gateway_audit_chain").select("open_sequence").where("id", "=", chain),
        )
        .where("call.event", "in", ["tool_call", "request"])
        .where("call.decision", "=", "allow")
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("gateway_audit as result")
                .select("result.id")
                // `resultId` in SQL.
                .whereRef("result.id", "=", sql`overlay(call.id::text placing '8' from 15 for 1)::uuid`),
            ),
          ),
        )
        .orderBy("call.sequence")
        .execute(),
    settled: async (chain) => {
      await kysely.updateTable("gateway_audit_chain").set({ settled_at: now }).where("id", "=", chain).execute();
    },
    ifAlone: (run) => database.ifAlone("audit-recovery", run),
  };
}
