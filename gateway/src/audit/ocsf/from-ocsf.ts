import { z } from "zod";
import type { AuditRecord, ChainLink } from "../../deps/audit-records.ts";
import { readAccount } from "./account-change.ts";
import { classUids } from "./activities.ts";
import { readSignIn } from "./authentication.ts";
import { readDrift, readDynamicServer, readPolicy } from "./entity-management.ts";
import { envelopeSchema, readEnvelope } from "./envelope.ts";
import { readLog } from "./event-log.ts";
import { readCallResult, readRequestDecision, readSession, readToolCall } from "./read-api-activity.ts";
import { readConsent } from "./user-access.ts";

const { eventLogActivity, accountChange, authentication, entityManagement, userAccessManagement, apiActivity } =
  classUids;

/** The class of each event, by which an event is told from one that only has its code. */
const classes: Readonly<Record<AuditRecord["event"], number>> = {
  tool_call: apiActivity,
  request: apiActivity,
  call_result: apiActivity,
  session_opened: apiActivity,
  session_ended: apiActivity,
  consent: userAccessManagement,
  consent_lowered: userAccessManagement,
  consent_ended: userAccessManagement,
  sign_in: authentication,
  sign_out: authentication,
  account_changed: accountChange,
  tool_drift: entityManagement,
  dynamic_server: entityManagement,
  policy_refreshed: entityManagement,
  log_started: eventLogActivity,
  log_checkpoint: eventLogActivity,
  log_ended: eventLogActivity,
  log_abandoned: eventLogActivity,
  log_trimmed: eventLogActivity,
};

const isEvent = (code: string): code is AuditRecord["event"] => Object.hasOwn(classes, code);

function readRecord(
  base: ReturnType<typeof readEnvelope>["base"],
  event: AuditRecord["event"],
  json: unknown,
): AuditRecord {
  switch (event) {
    case "tool_call":
      return { ...base, event, ...readToolCall(json) };
    case "request":
      return { ...base, event, ...readRequestDecision(json) };
    case "call_result":
      return { ...base, event, ...readCallResult(json) };
    case "session_opened":
    case "session_ended":
      return { ...base, event, ...readSession(json) };
    case "consent":
    case "consent_lowered":
    case "consent_ended":
      return { ...base, event, ...readConsent(json) };
    case "sign_in":
    case "sign_out":
      return { ...base, event, ...readSignIn(json) };
    case "account_changed":
      return { ...base, event, ...readAccount(json) };
    case "tool_drift":
      return { ...base, event, ...readDrift(json) };
    case "dynamic_server":
      return { ...base, event, ...readDynamicServer(json) };
    case "policy_refreshed":
      return { ...base, event, ...readPolicy(json) };
    case "log_started":
    case "log_checkpoint":
    case "log_ended":
    case "log_abandoned":
    case "log_trimmed":
      return { ...base, event, ...readLog(json) };
  }
}

/**
 * The inverse of `toOcsf` for an event that was parsed from JSON. Members that it does not know are of no concern, a
 * `signature` among them: what a line says is proven by its hash, not by being read. Undefined when the event is none of
 * this gateway's, or lacks something. Pure.
 */
export function fromOcsf(event: unknown): { readonly record: AuditRecord; readonly link: ChainLink } | undefined {
  const envelope = envelopeSchema.safeParse(event);
  if (!envelope.success) return undefined;
  const { class_uid, metadata } = envelope.data;
  const code = metadata.event_code;
  if (!isEvent(code) || classes[code] !== class_uid) return undefined;
  const { base, link } = readEnvelope(envelope.data);
  try {
    return { record: readRecord(base, code, event), link };
  } catch (error) {
    if (error instanceof z.ZodError) return undefined;
    throw error;
  }
}
