/** Calls, their results and the sessions at a server, as API Activity (6003). */
import type {
  CallOutcome,
  CallResultRecord,
  ChainLink,
  RequestRecord,
  SessionRecord,
  ToolCallRecord,
} from "../../deps/audit-records.ts";
import { type Activity, activities } from "./activities.ts";
import { type Ending, envelope, failed, succeeded } from "./envelope.ts";
import type { OcsfEvent } from "./ocsf-event.ts";

/** What is written as API Activity. */
export type ApiRecord = ToolCallRecord | RequestRecord | CallResultRecord | SessionRecord;

/** `api.operation` of a tool call. */
const toolCallMethod = "tools/call";
/** `api.operation`, which OCSF requires, where no method is known. `activity_id` 0 tells it from a method of that name. */
const unknownMethod = "unknown";
const sessionMethods = { session_opened: "initialize", session_ended: "DELETE" } as const;

const endings: Readonly<Record<CallOutcome, Ending>> = {
  answered: succeeded,
  failed: { ...failed, severityId: succeeded.severityId },
  cancelled: { statusId: 99, status: "Cancelled", severityId: succeeded.severityId },
  unknown: { statusId: 0, severityId: succeeded.severityId },
};

/** Who asked, of what service, for what. `tool` is null where none is concerned. */
function request(record: ApiRecord, operation: string, tool: string | null) {
  const { agent, human, server, requestId, clientAddress, traceId } = record;
  return {
    actor: { user: { name: human, email_addr: human }, app_name: agent.name, app_uid: agent.clientId },
    api: {
      operation,
      version: "protocolVersion" in record ? (record.protocolVersion ?? undefined) : undefined,
      service: server === null ? undefined : { name: server },
      request: {
        uid: requestId,
        data: record.event === "tool_call" ? record.arguments?.shown : undefined,
      },
    },
    // Required, and the agent is what is known of the source when its address is not.
    src_endpoint: clientAddress === undefined ? { svc_name: agent.name } : { ip: clientAddress },
    resources: tool === null ? undefined : [{ name: tool, type: "MCP tool" }],
    trace: traceId === undefined ? undefined : { uid: traceId },
  };
}

const has = (record: ApiRecord, correlationId?: string) => ({
  trace: record.traceId !== undefined,
  ...(correlationId === undefined ? {} : { correlationId }),
});

const askedFor = (method: string | null, activity: Activity) => (method === null ? activities.unreadRequest : activity);

/** A decision. The result has the same `correlation_uid`: the id of this record. */
export function callEvent(record: ToolCallRecord | RequestRecord, link: ChainLink): OcsfEvent {
  const tool = record.event === "tool_call" ? record.tool : null;
  const method = record.event === "tool_call" ? toolCallMethod : record.method;
  const call = record.event === "tool_call" ? record : undefined;
  return {
    ...envelope(record, link, askedFor(method, activities.call), undefined, has(record, record.id)),
    ...request(record, method ?? unknownMethod, tool),
    unmapped: {
      grant_id: record.grantId,
      agent_version: record.agent.version,
      server_address: record.address,
      trust: call?.trust ?? undefined,
      consent: record.consent,
      ceiling: record.ceiling ?? undefined,
      approval_id: call?.approvalId,
      arguments_digest: call?.arguments?.digest,
      replica: link.replica,
      chain: link.chain,
      previous: link.previous,
    },
  };
}

/** The result of a decision. */
export function resultEvent(record: CallResultRecord, link: ChainLink): OcsfEvent {
  const { tool, upstreamStatus } = record;
  const method = tool === null ? record.method : toolCallMethod;
  const activity = askedFor(method, activities.result);
  return {
    ...envelope(record, link, activity, endings[record.outcome], has(record, record.callId)),
    ...request(record, method ?? unknownMethod, tool),
    http_response: upstreamStatus === null ? undefined : { code: upstreamStatus },
    duration: record.durationMs ?? undefined,
    unmapped: {
      grant_id: record.grantId,
      agent_version: record.agent.version,
      server_address: record.address,
      outcome: record.outcome,
      request_bytes: record.requestBytes ?? undefined,
      response_bytes: record.responseBytes ?? undefined,
      replica: link.replica,
      chain: link.chain,
      previous: link.previous,
    },
  };
}

/** A session that was opened or ended. */
export function sessionEvent(record: SessionRecord, link: ChainLink): OcsfEvent {
  const activity = record.event === "session_opened" ? activities.openSession : activities.endSession;
  return {
    ...envelope(record, link, activity, undefined, has(record)),
    ...request(record, sessionMethods[record.event], null),
    unmapped: {
      grant_id: record.grantId,
      agent_version: record.agent.version,
      server_address: record.address,
      replica: link.replica,
      chain: link.chain,
      previous: link.previous,
    },
  };
}
