import type { Insertable, Selectable } from "kysely";
import type { AuditRecord, ConsentRecord, ToolCallRecord } from "../deps.ts";
import type { AuditRow } from "./database-tables.ts";

/** A record as it is stored. */
export function toRow(record: AuditRecord): Insertable<AuditRow> {
  const call = record.event === "tool_call" ? record : undefined;
  const consent = record.event === "tool_call" ? undefined : record;
  return {
    id: record.id,
    time: record.time,
    event: record.event,
    host: record.host,
    request_id: record.requestId,
    human: record.human,
    agent_client_id: record.agent.clientId,
    agent_name: record.agent.name,
    grant_id: record.grantId,
    server: record.server,
    tool: call?.tool ?? null,
    trust: call?.trust ?? null,
    decision: record.decision,
    code: record.code,
    reason: record.reason,
    detail: consent === undefined ? null : JSON.stringify({ level: consent.level, receipt: consent.receipt }),
  };
}

/** The record that was stored. */
export function fromRow(row: Selectable<AuditRow>): AuditRecord {
  const { id, host, human, decision, code, reason, server, grant_id: grantId } = row;
  const agent = { clientId: row.agent_client_id, name: row.agent_name };
  const common = { id, time: row.time.toISOString(), event: row.event, host, requestId: row.request_id, human };
  const outcome = { decision, code, reason };
  // What was written is what is read: the types were checked by `toRow`.
  if (row.event === "tool_call") {
    return { ...common, agent, grantId, server, tool: row.tool, trust: row.trust, ...outcome } as ToolCallRecord;
  }
  return { ...common, agent, grantId, server, ...(row.detail as object), ...outcome } as ConsentRecord;
}
