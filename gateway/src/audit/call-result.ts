import type { AuditRecord, CallResultRecord, RequestRecord, ToolCallRecord } from "../deps/audit-records.ts";
import { resultId } from "./result-id.ts";
import { storable } from "./storable.ts";

/** How a call ended, as far as it is known. */
export type CallEnd = Pick<CallResultRecord, "outcome" | "code" | "reason"> &
  Partial<Pick<CallResultRecord, "upstreamStatus" | "durationMs" | "requestBytes" | "responseBytes">>;

/** The result of a call that was let through by `decision`. */
export function callResult(
  decision: ToolCallRecord | RequestRecord,
  now: Date,
  { outcome, code, reason, upstreamStatus, durationMs, requestBytes, responseBytes }: CallEnd,
): CallResultRecord {
  const { id, host, requestId, traceId, human, agent, grantId, server, address, clientAddress } = decision;
  return {
    ...{ id: resultId(id), time: now.toISOString(), event: "call_result", host, requestId, human },
    ...{ agent, grantId, server },
    ...(traceId === undefined ? {} : { traceId }),
    ...(address === undefined ? {} : { address }),
    ...(clientAddress === undefined ? {} : { clientAddress }),
    callId: id,
    tool: decision.event === "tool_call" ? decision.tool : null,
    method: decision.event === "request" ? decision.method : null,
    outcome,
    upstreamStatus: upstreamStatus ?? null,
    durationMs: durationMs ?? null,
    requestBytes: requestBytes ?? null,
    responseBytes: responseBytes ?? null,
    ...{ decision: "allow", code, reason: storable(reason) },
  };
}

/** True for what has, or is to have, a result. */
export function hasResult(record: AuditRecord): record is ToolCallRecord | RequestRecord {
  return record.decision === "allow" && (record.event === "tool_call" || record.event === "request");
}

/** Of a call that was allowed and not made, because nobody knew in time whether its record was durable. */
export function unavailableResult(record: AuditRecord, now: Date): CallResultRecord | undefined {
  if (!hasResult(record)) return undefined;
  const reason = "The record of the call was durable too late, so the call was not made.";
  return callResult(record, now, { outcome: "failed", code: "AUDIT_UNAVAILABLE", reason });
}

/** Of a call whose gateway ended in the middle of it. */
export function unknownResult(record: ToolCallRecord | RequestRecord, now: Date): CallResultRecord {
  const reason = "The gateway ended before it knew what became of the call. The MCP server may have run it.";
  return callResult(record, now, { outcome: "unknown", code: "OUTCOME_UNKNOWN", reason });
}
