import { canonicalJson } from "@permit-mcp-gateway/policies";
import type { ChainHead, LogRecord, PolicyRecord } from "../deps/audit-records.ts";
import { hashOf } from "./line.ts";
import { uuidV7 } from "./uuid-v7.ts";

/** What each record of the log itself says. */
const reasons = {
  log_started: ["LOG_STARTED", "A replica began to record."],
  log_checkpoint: ["LOG_CHECKPOINT", "All records of this chain up to here are signed for."],
  log_ended: ["LOG_ENDED", "The replica ended. This chain has no further records."],
  log_abandoned: ["LOG_ABANDONED", "A replica ended without a last record. Its chain ends where this record says."],
  log_trimmed: ["LOG_TRIMMED", "Records that were kept for as long as the policy says were deleted from the database."],
} as const satisfies Record<LogRecord["event"], readonly [string, string]>;

/** A record of what becomes of the log. `heads`: other chains, or the one that it is about. */
export function logRecord(
  event: LogRecord["event"],
  { host, now, heads = [], id = uuidV7(now) }: { host: string; now: Date; heads?: readonly ChainHead[]; id?: string },
): LogRecord {
  const [code, reason] = reasons[event];
  const nobody = { requestId: null, human: null } as const;
  return { id, time: now.toISOString(), event, host, ...nobody, heads, decision: "allow", code, reason };
}

/** Maps as what JSON has, so that the settings have one text. */
const plain = (value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries([...value].map(([key, member]) => [key, plain(member)])) : value;
const inPlainForm = (_name: string, value: unknown) => plain(value);

/** From now on this replica decides by other settings. */
export function policyRecord({ host, now, settings }: { host: string; now: Date; settings: object }): PolicyRecord {
  const text = canonicalJson(JSON.parse(JSON.stringify(settings, inPlainForm)));
  return {
    ...{ id: uuidV7(now), time: now.toISOString(), event: "policy_refreshed", host, requestId: null, human: null },
    ...{ policyDigest: hashOf(text), decision: "allow", code: "POLICY_REFRESHED" },
    reason: "The replica decides by these settings from now on.",
  };
}
