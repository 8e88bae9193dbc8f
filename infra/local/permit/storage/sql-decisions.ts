import type { AuditFilter, DecisionPage } from "../audit/audit-filter.ts";
import type { LoggedDecision } from "../audit/logged-decision.ts";
import { type DecisionList, decisionsMax, type EnvironmentDecision } from "./database.ts";
import type { SqlConnection, SqlRow, SqlValue, Statement } from "./sql-connection.ts";
import { placeholders } from "./sql-placeholders.ts";

const table = "local_permit_decision";

/** What is filtered by is a column; the whole decision is in `body`. */
const columns = ["environment_id", "id", "time_ms", "query", "user_key", "type", "tenant", "action", "allow", "body"];

/** Makes the table of decisions where it is missing. */
export function decisionSchema(counterType: string): readonly Statement[] {
  return [
    `create table if not exists ${table} (
      number ${counterType},
      environment_id text not null,
      id text not null,
      time_ms bigint not null,
      query text not null,
      user_key text,
      type text,
      tenant text,
      action text,
      allow smallint not null,
      body text not null
    )`,
    `create index if not exists ${table}_of_environment on ${table} (environment_id, number)`,
  ].map((text) => ({ text, values: [] }));
}

/** Adds decisions and drops what exceeds `decisionsMax` in their environments. */
export function insertDecisions(rows: readonly EnvironmentDecision[]): readonly Statement[] {
  const insert = {
    text: `insert into ${table} (${columns.join(", ")}) values ${placeholders(rows.length, columns.length)}`,
    values: rows.flatMap(valuesOf),
  };
  const environments = [...new Set(rows.map(({ environmentId }) => environmentId))];
  const drops = environments.map((environmentId) => ({
    text:
      `delete from ${table} where environment_id = $1 and number <= ` +
      `(select number from ${table} where environment_id = $1 order by number desc limit 1 offset ${decisionsMax})`,
    values: [environmentId],
  }));
  return [insert, ...drops];
}

function valuesOf({ environmentId, decision }: EnvironmentDecision): readonly SqlValue[] {
  const { id, timestamp, query, user, type, tenant, action, allow } = decision;
  const columns = [user ?? null, type ?? null, tenant ?? null, action ?? null, allow ? 1 : 0];
  return [environmentId, id, Date.parse(timestamp), query, ...columns, JSON.stringify(decision)];
}

/** Removes all decisions of environments that are gone. */
export function dropDecisions(environmentIds: readonly string[]): readonly Statement[] {
  return environmentIds.map((id) => ({ text: `delete from ${table} where environment_id = $1`, values: [id] }));
}

/** The decisions of one environment that match, newest first. */
export async function listDecisions(
  connection: SqlConnection,
  environmentId: string,
  filter: AuditFilter,
  { offset, limit }: DecisionPage,
): Promise<DecisionList> {
  const { where, values } = conditions(environmentId, filter);
  const [found = [], counted = []] = await connection.transaction([
    {
      text:
        `select body from ${table} where ${where} order by number desc ` +
        `limit $${values.length + 1} offset $${values.length + 2}`,
      values: [...values, limit, offset],
    },
    { text: `select count(*) as total from ${table} where ${where}`, values },
  ]);
  return { decisions: found.map(readDecision), total: Number(counted[0]?.total) };
}

/** One decision by its id. */
export async function findDecision(
  connection: SqlConnection,
  environmentId: string,
  id: string,
): Promise<LoggedDecision | undefined> {
  const text = `select body from ${table} where environment_id = $1 and id = $2`;
  const [[row] = []] = await connection.transaction([{ text, values: [environmentId, id] }]);
  return row === undefined ? undefined : readDecision(row);
}

function readDecision({ body }: SqlRow): LoggedDecision {
  return JSON.parse(String(body)) as LoggedDecision;
}

/** The same as `matches` of audit-filter.ts. */
function conditions(
  environmentId: string,
  filter: AuditFilter,
): { readonly where: string; readonly values: readonly SqlValue[] } {
  const values: SqlValue[] = [environmentId];
  const terms = ["environment_id = $1"];
  const compare = (column: string, operator: "=" | ">=" | "<=", value: SqlValue) => {
    if (value === null) return;
    values.push(value);
    terms.push(`${column} ${operator} $${values.length}`);
  };
  const among = (column: string, some: readonly string[] | null) => {
    if (some === null) return;
    terms.push(`${column} in (${some.map((_, i) => `$${values.length + i + 1}`).join(", ")})`);
    values.push(...some);
  };
  compare("query", "=", filter.query);
  among("user_key", filter.users);
  among("type", filter.types);
  compare("tenant", "=", filter.tenant);
  compare("action", "=", filter.action);
  compare("allow", "=", filter.allow === null ? null : Number(filter.allow));
  compare("time_ms", ">=", filter.fromMs);
  compare("time_ms", "<=", filter.toMs);
  return { where: terms.join(" and "), values };
}
