/** What every event says beside its class: when, by whom it was written, how it was decided, where it stands in its chain. */
import { z } from "zod";
import type { AuditRecord, ChainLink } from "../../deps/audit-records.ts";
import type { Activity } from "./activities.ts";
import { ocsfVersion, product } from "./ocsf-event.ts";

/** How what the activity names ended: `status_id`, and `severity_id` of that. */
export interface Ending {
  readonly statusId: number;
  /** Only with a `statusId` of 99. */
  readonly status?: string;
  readonly severityId: number;
}

const informational = 1;
const low = 2;
const medium = 3;

/** Done as it was meant. */
export const succeeded: Ending = { statusId: 1, severityId: informational };
/** Not done. */
export const failed: Ending = { statusId: 2, severityId: low };
/** Done, and a person has to look at it. */
export const needsReview: Ending = { statusId: 1, severityId: medium };

const allowed = { action_id: 1, disposition_id: 1 } as const;
const blocked = { action_id: 2, disposition_id: 2 } as const;

const profiles = Object.freeze(["security_control"]);
const tracedProfiles = Object.freeze(["security_control", "trace"]);

/** What stands first in an event. `trace` says whether its class has the profile, and a trace follows. */
export function envelope(
  record: AuditRecord,
  link: ChainLink,
  activity: Activity,
  ending: Ending = record.decision === "allow" ? succeeded : failed,
  { trace = false, correlationId }: { readonly trace?: boolean; readonly correlationId?: string } = {},
) {
  const { action_id, disposition_id } = record.decision === "allow" ? allowed : blocked;
  return {
    category_uid: activity.category_uid,
    class_uid: activity.class_uid,
    activity_id: activity.activity_id,
    activity_name: activity.activity_name,
    type_uid: activity.type_uid,
    time: Date.parse(record.time),
    severity_id: ending.severityId,
    action_id,
    disposition_id,
    status_id: ending.statusId,
    status: ending.status,
    status_code: record.code,
    message: record.reason,
    metadata: {
      version: ocsfVersion,
      product,
      profiles: trace ? tracedProfiles : profiles,
      uid: record.id,
      correlation_uid: correlationId,
      event_code: record.event,
      sequence: link.sequence,
      tenant_uid: record.host,
    },
  };
}

/** The furthest from 1970 that a date can be, in milliseconds (ECMA-262 section 21.4.1.1). */
const furthestMs = 8.64e15;

/** What `envelope` and the end of `unmapped` have of a record and its link. Further members are of no concern. */
export const envelopeSchema = z.object({
  class_uid: z.number(),
  time: z.int().min(-furthestMs).max(furthestMs),
  action_id: z.literal([allowed.action_id, blocked.action_id]),
  status_code: z.string(),
  message: z.string(),
  metadata: z.object({
    product: z.object({ name: z.literal(product.name) }),
    uid: z.string(),
    event_code: z.string(),
    sequence: z.int(),
    tenant_uid: z.string(),
  }),
  unmapped: z.object({ replica: z.string(), chain: z.string(), previous: z.string() }),
});

/** The inverse of `envelope` and of the end of `unmapped`; without `event`, which says what else there is. */
export function readEnvelope({
  time,
  action_id,
  status_code,
  message,
  metadata,
  unmapped,
}: z.infer<typeof envelopeSchema>) {
  const { replica, chain, previous } = unmapped;
  return {
    base: {
      id: metadata.uid,
      time: new Date(time).toISOString(),
      host: metadata.tenant_uid,
      decision: action_id === allowed.action_id ? ("allow" as const) : ("deny" as const),
      code: status_code,
      reason: message,
    },
    link: { replica, chain, sequence: metadata.sequence, previous },
  };
}
