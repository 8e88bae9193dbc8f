import type { Insertable, Selectable } from "kysely";
import type { AuditRecord } from "../deps.ts";
import type { AuditRow } from "./database-tables.ts";

/** A record as it is stored. */
export function toRow(record: AuditRecord): Insertable<AuditRow> {
  return {
    id: record.id,
    time: record.time,
    host: record.host,
    request_id: record.requestId,
    human: record.human,
    agent_client_id: record.agent.clientId,
    agent_name: record.agent.name,
    grant_id: record.grantId,
    server: record.server,
    tool: record.tool,
    trust: record.trust,
    decision: record.decision,
    code: record.code,
    reason: record.reason,
  };
}

/** The record that was stored. */
export function fromRow(row: Selectable<AuditRow>): AuditRecord {
  return {
    id: row.id,
    time: row.time.toISOString(),
    host: row.host,
    requestId: row.request_id,
    human: row.human,
    agent: { clientId: row.agent_client_id, name: row.agent_name },
    grantId: row.grant_id,
    server: row.server,
    tool: row.tool,
    trust: row.trust,
    decision: row.decision,
    code: row.code,
    reason: row.reason,
  };
}
