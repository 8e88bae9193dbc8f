/** Records as one flat row with the same columns for all events: what `export` writes as JSON lines and as CSV. */
import type { ReadRow } from "./query.ts";

/**
 * The columns, in order, and what each says. The names stay: programs of others read them. A column that an event does not
 * have is null, in CSV empty.
 */
export const columnMeanings = {
  time: "RFC 3339 with milliseconds, UTC",
  event: "what it is a record of",
  decision: "allow or deny",
  code: "stable code of the reason",
  reason: "the reason, a sentence",
  human: "e-mail address",
  agent_id: "client id of the agent",
  agent_name: "its name",
  agent_version: "its version, as it says",
  server: "key of the MCP server",
  server_address: "host and path of a server that a human entered",
  tool: "the tool",
  method: "JSON-RPC method of a request for something else",
  trust: "level of the tool by the policy",
  consent: "level that the human has consented to",
  ceiling: "highest level that the policy allows the human",
  grant_id: "the consent that it came under, or that it is about",
  level: "level that a consent asks for or has from then on",
  receipt: "the permission receipt (compact JWS)",
  approval_id: "the approval that a call was made under",
  arguments_digest: "SHA-256 of the arguments as canonical JSON",
  arguments: "the arguments, redacted, as JSON",
  call_id: "of a result, the id of the record of its call",
  outcome: "of a result: answered, failed, cancelled or unknown",
  upstream_status: "HTTP status of the MCP server",
  duration_ms: "milliseconds from the decision to the end of the answer",
  request_bytes: "bytes of the message as it was sent to the MCP server",
  response_bytes: "bytes of the answer",
  protocol_version: "revision of MCP of a session",
  sign_in_method: "how a human signed in",
  change: "what of a human's account changed",
  reviewer: "who reviews a tool that changed: admin or human",
  reviewed: "digest of the definition of the tool that was reviewed",
  seen: "digest of the definition that was seen",
  policy_digest: "SHA-256 of the settings that a replica decides by",
  heads: "of a record of the log itself, the chains that it names, as JSON",
  request_id: "id of the HTTP request",
  trace_id: "trace id of W3C Trace Context",
  client_address: "IP address of the client",
  host: "key of the host",
  replica: "the process that wrote the record",
  chain: "UUID of its chain",
  sequence: "its place in the chain",
  id: "id of the record",
} as const;

/** Name of a column. */
export type AuditColumn = keyof typeof columnMeanings;

/** The names of the columns, in order. */
export const auditColumns = Object.keys(columnMeanings) as readonly AuditColumn[];

/** A record as one flat row. */
export type FlatRecord = Readonly<Record<AuditColumn, string | number | null>>;

const nothing = Object.fromEntries(auditColumns.map((name) => [name, null])) as Record<AuditColumn, null>;

/** What a record says under the name of a member, where that is a text or a number. */
function member(record: object, name: string): string | number | null {
  const value = (record as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" || typeof value === "number" ? value : null;
}

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));

/** Of a row whose line is not read, what the columns of the database say. */
export function flatRecord({ row, record, link }: ReadRow): FlatRecord {
  const { chain, sequence, id, event, decision, code, human, server, tool } = row;
  const stored = { ...nothing, event, decision, code, human, server, tool, chain, sequence, id };
  if (record === undefined) return { ...stored, time: row.time.toISOString(), agent_id: row.agent };
  const agent = "agent" in record ? record.agent : undefined;
  const of = (name: string) => member(record, name);
  return {
    ...stored,
    time: record.time,
    reason: record.reason,
    agent_id: agent?.clientId ?? null,
    agent_name: agent?.name ?? null,
    agent_version: agent?.version ?? null,
    server_address: of("address"),
    method: record.event === "sign_in" || record.event === "sign_out" ? null : of("method"),
    trust: of("trust"),
    consent: of("consent"),
    ceiling: of("ceiling"),
    grant_id: of("grantId"),
    level: of("level"),
    receipt: of("receipt"),
    approval_id: of("approvalId"),
    arguments_digest: record.event === "tool_call" ? (record.arguments?.digest ?? null) : null,
    arguments: record.event === "tool_call" ? json(record.arguments?.shown) : null,
    call_id: of("callId"),
    outcome: of("outcome"),
    upstream_status: of("upstreamStatus"),
    duration_ms: of("durationMs"),
    request_bytes: of("requestBytes"),
    response_bytes: of("responseBytes"),
    protocol_version: of("protocolVersion"),
    sign_in_method: record.event === "sign_in" ? record.method : null,
    change: of("change"),
    reviewer: of("reviewer"),
    reviewed: of("reviewed"),
    seen: of("seen"),
    policy_digest: of("policyDigest"),
    heads: "heads" in record ? json(record.heads) : null,
    request_id: record.requestId,
    trace_id: record.traceId ?? null,
    client_address: of("clientAddress"),
    host: record.host,
    replica: link?.replica ?? null,
  };
}

/** The columns of a decision that only its result knows. */
const ofResult = ["outcome", "upstream_status", "duration_ms", "request_bytes", "response_bytes"] as const;

/** A decision with what became of it. */
export function withResult(decision: FlatRecord, result: FlatRecord | undefined): FlatRecord {
  if (result === undefined) return decision;
  return { ...decision, ...Object.fromEntries(ofResult.map((name) => [name, result[name]])) };
}
