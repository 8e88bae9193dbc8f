/** Tools that changed, servers that humans entered and the settings in force, as Entity Management (3004), and back. */
import { z } from "zod";
import type { ChainLink, DynamicServerRecord, PolicyRecord, ToolDriftRecord } from "../../deps/audit-records.ts";
import { activities } from "./activities.ts";
import { envelope, needsReview, succeeded } from "./envelope.ts";
import type { OcsfEvent } from "./ocsf-event.ts";
import { readRequester, requester, requesterSchema, userOf } from "./requester.ts";

/** `type_id` of a managed entity: a policy, or what the schema has no type for. */
const policyType = 5;
const otherType = 99;

/** Code of the record of a server that its human forgot. */
const forgottenCode = "FORGOTTEN";

const user = (human: string) => ({ user: userOf(human) });

/** A tool that may not be called until it is reviewed, or may again. That is done, whatever it means for calls. */
export function driftEvent(record: ToolDriftRecord, link: ChainLink): OcsfEvent {
  const restored = record.decision === "allow";
  const { human, server, tool, reviewed, seen } = record;
  const activity = restored ? activities.activateEntity : activities.deactivateTool;
  return {
    ...envelope(record, link, activity, restored ? succeeded : needsReview),
    actor: user(human),
    entity: { name: tool, type_id: otherType, type: "MCP tool", version: reviewed },
    entity_result: { name: tool, type_id: otherType, type: "MCP tool", version: seen },
    ...requester(record),
    unmapped: {
      server,
      reviewer: record.reviewer,
      trace_id: record.traceId,
      replica: link.replica,
      chain: link.chain,
      previous: link.previous,
    },
  };
}

/** A server of a human's own. */
export function dynamicServerEvent(record: DynamicServerRecord, link: ChainLink): OcsfEvent {
  const activity = record.code === forgottenCode ? activities.deleteServer : activities.createServer;
  return {
    ...envelope(record, link, activity),
    actor: user(record.human),
    entity: { name: record.address, uid: record.server ?? undefined, type_id: otherType, type: "MCP server" },
    ...requester(record),
    unmapped: { trace_id: record.traceId, replica: link.replica, chain: link.chain, previous: link.previous },
  };
}

/** The settings that this replica decides by from now on. */
export function policyEvent(record: PolicyRecord, link: ChainLink): OcsfEvent {
  return {
    ...envelope(record, link, activities.activateEntity),
    entity: { uid: record.policyDigest, type_id: policyType, policy: { uid: record.policyDigest, is_applied: true } },
    unmapped: { trace_id: record.traceId, replica: link.replica, chain: link.chain, previous: link.previous },
  };
}

const text = z.string();
const traced = { trace_id: text.optional() };
const asked = { actor: z.object({ user: z.object({ name: text }) }), ...requesterSchema };
const driftSchema = z.object({
  ...asked,
  entity: z.object({ name: text, version: text }),
  entity_result: z.object({ version: text }),
  unmapped: z.object({ ...traced, server: text, reviewer: z.enum(["admin", "human"]) }),
});
const dynamicServerSchema = z.object({
  ...asked,
  entity: z.object({ name: text, uid: text.optional() }),
  unmapped: z.object(traced),
});
const policySchema = z.object({ entity: z.object({ uid: text }), unmapped: z.object(traced) });

/** All of the record that is not of every event. Throws ZodError. */
export function readDrift(event: unknown) {
  const { actor, entity, entity_result, unmapped, ...rest } = driftSchema.parse(event);
  return {
    human: actor.user.name,
    ...readRequester(rest),
    traceId: unmapped.trace_id,
    server: unmapped.server,
    reviewer: unmapped.reviewer,
    tool: entity.name,
    reviewed: entity.version,
    seen: entity_result.version,
  };
}

/** All of the record that is not of every event. Throws ZodError. */
export function readDynamicServer(event: unknown) {
  const { actor, entity, unmapped, ...rest } = dynamicServerSchema.parse(event);
  return {
    human: actor.user.name,
    ...readRequester(rest),
    traceId: unmapped.trace_id,
    server: entity.uid ?? null,
    address: entity.name,
  };
}

/** All of the record that is not of every event. Throws ZodError. */
export function readPolicy(event: unknown) {
  const { entity, unmapped } = policySchema.parse(event);
  return { human: null, requestId: null, traceId: unmapped.trace_id, policyDigest: entity.uid };
}
