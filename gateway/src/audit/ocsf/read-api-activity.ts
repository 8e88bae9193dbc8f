/** The inverse of `api-activity.ts`. Throws ZodError for an event that is not as that file writes it. */
import { trustLevels } from "@permit-mcp-gateway/policies";
import { z } from "zod";
import { unknownActivity } from "./activities.ts";

const level = z.enum(trustLevels);
const text = z.string();

/** Members of `unmapped` by the event that has them; `agent_version` and `server_address` are of each. */
const apiSchema = z.object({
  activity_id: z.number(),
  actor: z.object({ user: z.object({ name: text }), app_name: text, app_uid: text }),
  api: z.object({
    operation: text,
    version: text.optional(),
    service: z.object({ name: text }).optional(),
    request: z.object({ uid: text, data: z.unknown().optional() }),
  }),
  src_endpoint: z.object({ ip: text.optional() }),
  resources: z.tuple([z.object({ name: text })]).optional(),
  trace: z.object({ uid: text }).optional(),
  unmapped: z.object({ grant_id: text, agent_version: text.optional(), server_address: text.optional() }),
});

/** Who asked, and under what: the same for each event of the class. */
function readRequest(event: unknown) {
  const { activity_id, actor, api, src_endpoint, resources, trace, unmapped } = apiSchema.parse(event);
  return {
    api,
    tool: resources?.[0].name,
    method: activity_id === unknownActivity ? null : api.operation,
    agent: {
      human: actor.user.name,
      requestId: api.request.uid,
      traceId: trace?.uid,
      agent: { clientId: actor.app_uid, name: actor.app_name, version: unmapped.agent_version },
      grantId: unmapped.grant_id,
      server: api.service?.name ?? null,
      address: unmapped.server_address,
      clientAddress: src_endpoint.ip,
    },
  };
}

const decisionSchema = z.object({
  consent: level,
  ceiling: level.optional(),
  trust: level.optional(),
  approval_id: text.optional(),
  arguments_digest: text.optional(),
});

/** What a decision was made by. */
function readDecision(event: unknown) {
  const { unmapped } = z.object({ unmapped: decisionSchema }).parse(event);
  return { ...unmapped, levels: { consent: unmapped.consent, ceiling: unmapped.ceiling ?? null } };
}

/** Of `tool_call`, all that is not of every event. */
export function readToolCall(event: unknown) {
  const { agent, tool, api } = readRequest(event);
  const { levels, trust, approval_id, arguments_digest: digest } = readDecision(event);
  const shown = api.request.data === undefined ? {} : { shown: api.request.data };
  return {
    ...agent,
    ...levels,
    tool: text.parse(tool),
    trust: trust ?? null,
    approvalId: approval_id,
    arguments: digest === undefined ? undefined : { digest, ...shown },
  };
}

/** Of `request`, all that is not of every event. */
export function readRequestDecision(event: unknown) {
  const { agent, method } = readRequest(event);
  return { ...agent, ...readDecision(event).levels, method };
}

const resultSchema = z.object({
  action_id: z.literal(1),
  metadata: z.object({ correlation_uid: text }),
  http_response: z.object({ code: z.int() }).optional(),
  duration: z.int().optional(),
  unmapped: z.object({
    outcome: z.enum(["answered", "failed", "cancelled", "unknown"]),
    request_bytes: z.int().optional(),
    response_bytes: z.int().optional(),
  }),
});

/** Of `call_result`, all that is not of every event. */
export function readCallResult(event: unknown) {
  const { agent, tool, method } = readRequest(event);
  const { metadata, http_response, duration, unmapped } = resultSchema.parse(event);
  return {
    ...agent,
    decision: "allow" as const,
    callId: metadata.correlation_uid,
    tool: tool ?? null,
    method: tool === undefined ? method : null,
    outcome: unmapped.outcome,
    upstreamStatus: http_response?.code ?? null,
    durationMs: duration ?? null,
    requestBytes: unmapped.request_bytes ?? null,
    responseBytes: unmapped.response_bytes ?? null,
  };
}

/** Of `session_opened` and `session_ended`, all that is not of every event. */
export function readSession(event: unknown) {
  const { agent, api } = readRequest(event);
  return { ...agent, protocolVersion: api.version ?? null };
}
