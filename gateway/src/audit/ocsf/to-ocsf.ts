import type { AuditRecord, ChainLink } from "../../deps/audit-records.ts";
import { accountEvent } from "./account-change.ts";
import { callEvent, resultEvent, sessionEvent } from "./api-activity.ts";
import { signInEvent } from "./authentication.ts";
import { driftEvent, dynamicServerEvent, policyEvent } from "./entity-management.ts";
import { logEvent } from "./event-log.ts";
import type { OcsfEvent } from "./ocsf-event.ts";
import { consentEvent } from "./user-access.ts";

/**
 * A record, at its place in its chain, as an event of OCSF 1.8.0 (https://schema.ocsf.io/1.8.0/), field by field in
 * `gateway/AUDIT-EVENTS.md`. Members that are undefined are for `JSON.stringify` to leave out. `unmapped` is the last
 * member of the event, and `replica`, `chain`, `previous` the last of it. Shares constants that are frozen; pure.
 */
export function toOcsf(record: AuditRecord, link: ChainLink): OcsfEvent {
  switch (record.event) {
    case "tool_call":
    case "request":
      return callEvent(record, link);
    case "call_result":
      return resultEvent(record, link);
    case "session_opened":
    case "session_ended":
      return sessionEvent(record, link);
    case "consent":
    case "consent_lowered":
    case "consent_ended":
      return consentEvent(record, link);
    case "sign_in":
    case "sign_out":
      return signInEvent(record, link);
    case "account_changed":
      return accountEvent(record, link);
    case "tool_drift":
      return driftEvent(record, link);
    case "dynamic_server":
      return dynamicServerEvent(record, link);
    case "policy_refreshed":
      return policyEvent(record, link);
    case "log_started":
    case "log_checkpoint":
    case "log_ended":
    case "log_abandoned":
    case "log_trimmed":
      return logEvent(record, link);
  }
}
