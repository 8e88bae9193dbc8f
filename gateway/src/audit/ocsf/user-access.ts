/** Consents, as User Access Management (3005), and back. */
import { trustLevels } from "@permit-mcp-gateway/policies";
import { z } from "zod";
import type { ChainLink, ConsentRecord } from "../../deps/audit-records.ts";
import { activities } from "./activities.ts";
import { envelope } from "./envelope.ts";
import type { OcsfEvent } from "./ocsf-event.ts";
import { readRequester, requester, requesterSchema, userOf } from "./requester.ts";

const changes = {
  consent: activities.assignPrivileges,
  consent_lowered: activities.lowerPrivileges,
  consent_ended: activities.revokePrivileges,
} as const;

/** `type_id` of a user that is no human. */
const serviceAccount = 4;

/** What the human lets the agent do: the agent is the user that gets the privilege. */
export function consentEvent(record: ConsentRecord, link: ChainLink): OcsfEvent {
  const { human, agent, server, level } = record;
  return {
    ...envelope(record, link, changes[record.event]),
    actor: { user: userOf(human), app_name: agent.name, app_uid: agent.clientId },
    user: { name: agent.name, uid: agent.clientId, type_id: serviceAccount },
    privileges: level === null ? [] : [level],
    resources: server === null ? undefined : [{ name: server, type: "MCP server" }],
    ...requester(record),
    unmapped: {
      grant_id: record.grantId ?? undefined,
      agent_version: agent.version,
      receipt: record.receipt ?? undefined,
      trace_id: record.traceId,
      replica: link.replica,
      chain: link.chain,
      previous: link.previous,
    },
  };
}

const text = z.string();
const consentSchema = z.object({
  actor: z.object({ user: z.object({ name: text }), app_name: text, app_uid: text }),
  privileges: z.array(z.enum(trustLevels)).max(1),
  resources: z.tuple([z.object({ name: text })]).optional(),
  ...requesterSchema,
  unmapped: z.object({
    grant_id: text.optional(),
    agent_version: text.optional(),
    receipt: text.optional(),
    trace_id: text.optional(),
  }),
});

/** All of the record that is not of every event. Throws ZodError. */
export function readConsent(event: unknown) {
  const { actor, privileges, resources, unmapped, ...rest } = consentSchema.parse(event);
  return {
    human: actor.user.name,
    ...readRequester(rest),
    traceId: unmapped.trace_id,
    agent: { clientId: actor.app_uid, name: actor.app_name, version: unmapped.agent_version },
    grantId: unmapped.grant_id ?? null,
    server: resources?.[0].name ?? null,
    level: privileges[0] ?? null,
    receipt: unmapped.receipt ?? null,
  };
}
