import type { Selectable } from "kysely";
import type { AuditRecord } from "../deps/audit.ts";
import type { AuditRow } from "./database-tables.ts";

/** What of a record has no column of its own. */
function detailOf(record: AuditRecord): object | null {
  switch (record.event) {
    case "tool_call":
      return record.address === undefined ? null : { address: record.address };
    case "request":
      return { method: record.method, ...(record.address === undefined ? {} : { address: record.address }) };
    case "sign_in":
      return { method: record.method };
    case "dynamic_server":
      return { address: record.address };
    case "consent":
    case "consent_lowered":
    case "consent_ended":
      return { level: record.level, receipt: record.receipt };
    case "tool_drift":
      return { reviewer: record.reviewer, reviewed: record.reviewed, seen: record.seen };
  }
}

/** The columns of a record that are set when it is stored, as JSON has them. */
export type WrittenAuditRow = {
  readonly [Column in Exclude<keyof AuditRow, "shipped_at" | "detail" | "time">]: AuditRow[Column];
} & {
  readonly time: string;
  readonly detail: object | null;
};

/** A record as it is stored. */
export function toRow(record: AuditRecord): WrittenAuditRow {
  const agent = "agent" in record ? record : undefined;
  const call = record.event === "tool_call" ? record : undefined;
  return {
    id: record.id,
    time: record.time,
    event: record.event,
    host: record.host,
    request_id: record.requestId,
    human: record.human,
    agent_client_id: agent?.agent.clientId ?? null,
    agent_name: agent?.agent.name ?? null,
    grant_id: agent?.grantId ?? null,
    server: "server" in record ? record.server : null,
    tool: "tool" in record ? record.tool : null,
    trust: call?.trust ?? null,
    decision: record.decision,
    code: record.code,
    reason: record.reason,
    detail: detailOf(record),
  };
}

/** The record that was stored. */
export function fromRow(row: Selectable<AuditRow>): AuditRecord {
  const { id, event, host, human, decision, code, reason } = row;
  const common = { id, time: row.time.toISOString(), event, host, requestId: row.request_id, human };
  const agent = {
    agent: { clientId: row.agent_client_id, name: row.agent_name },
    grantId: row.grant_id,
    server: row.server,
  };
  const call = { tool: row.tool, trust: row.trust };
  const drift = { server: row.server, tool: row.tool };
  const entered = { server: row.server };
  // What was written is what is read: `toRow` had the types.
  return {
    ...common,
    ...(event === "sign_in" ? {} : event === "tool_drift" ? drift : event === "dynamic_server" ? entered : agent),
    ...(event === "tool_call" ? call : {}),
    ...(row.detail as object | null),
    ...{ decision, code, reason },
  } as AuditRecord;
}
