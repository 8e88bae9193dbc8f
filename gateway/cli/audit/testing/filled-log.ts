/** A log of one July as the gateway writes it, with names that clients chose to do harm. */

import type { Database } from "../../../src/adapters/database.ts";
import { type CallEnd, callResult } from "../../../src/audit/call-result.ts";
import { logRecord, policyRecord } from "../../../src/audit/log-record.ts";
import {
  type AuditSubject,
  allowRecord,
  consentRecord,
  denyRecord,
  driftRecord,
  dynamicServerRecord,
  signInRecord,
} from "../../../src/audit/record.ts";
import type { AuditRecord } from "../../../src/deps/audit-records.ts";
import type { AuditSigner } from "../../../src/deps/audit-signer.ts";
import { auditLogOn } from "../../../testing/audit-fixture.ts";

/** Markup, a formula, a cell's end, what turns text around, and a link. */
export const hostileName = "=<img src=x onerror=alert(1)>|`*_[x](javascript:alert(1)) \u202Ehttps://evil.example\"'";

const humans = ["lead", "developer", "contractor"] as const;
type Human = (typeof humans)[number];
export const emailOf = (human: Human): string => `${human}@example.com`;
export const grantIdOf = (human: Human): string => `00000000-0000-4000-8000-00000000000${humans.indexOf(human)}`;

/** A moment of July 2026. */
export const july = (day: number, hour = 9, minute = 0): Date => new Date(Date.UTC(2026, 6, day, hour, minute));

export interface Call {
  readonly human: Human;
  readonly now: Date;
  readonly server?: string;
  readonly asked: AuditSubject["asked"];
  readonly clientName?: string;
}

const subject = ({ human, now, server = "issues", asked, clientName = "Example Editor" }: Call): AuditSubject => ({
  requestId: `request-${now.getTime()}`,
  host: "demo",
  now,
  grant: { id: grantIdOf(human), email: emailOf(human), clientId: `client-${human}`, clientName, level: "high" },
  ceiling: "high",
  server,
  asked,
});

/** A call that was let through, and its end a second later. */
export function madeCall(call: Call, end: Partial<CallEnd> = {}): readonly AuditRecord[] {
  const decision = allowRecord(subject(call));
  const answered = {
    outcome: "answered",
    code: "ANSWERED",
    reason: "The MCP server answered with status 200.",
  } as const;
  const later = new Date(call.now.getTime() + 1_000);
  return [decision, callResult(decision, later, { ...answered, upstreamStatus: 200, durationMs: 35, ...end })];
}

/** A call that was refused. */
export function deniedCall(
  call: Call,
  code = "CEILING_TOO_LOW",
  reason = "The tool is above the trust ceiling.",
): AuditRecord {
  return denyRecord(subject(call), code, reason);
}

/** A JWS as a receipt is, of nobody's key. */
const receipt = (jti: string, level: string) =>
  ["{}", JSON.stringify({ jti, level }), "x"].map((part) => Buffer.from(part).toString("base64url")).join(".");

function consent(
  event: "consent" | "consent_lowered" | "consent_ended",
  human: Human,
  now: Date,
  changes: object = {},
) {
  const agent = { email: emailOf(human), clientId: `client-${human}`, clientName: "Example Editor" };
  const codes = { consent: "CONSENTED", consent_lowered: "LOWERED", consent_ended: "REVOKED_BY_HUMAN" };
  return consentRecord(
    {
      ...{ requestId: `consent-${now.getTime()}`, host: "demo", now, agent, event },
      ...{ grantId: grantIdOf(human), server: "issues", level: "medium" },
      receipt: event === "consent_ended" ? null : receipt(`receipt-${event}-${human}`, "medium"),
      ...changes,
    },
    { decision: "allow", code: codes[event], reason: "So it was." },
  );
}

const tool = (name: string, trust: "low" | "medium" | "high" | null) => ({ tool: name, trust });

/** What July's records are, by time. */
export function julyRecords(): readonly AuditRecord[] {
  const common = { requestId: "request-1", host: "demo" } as const;
  const review = { server: "issues", reviewer: "admin", reviewed: "a".repeat(64), seen: "b".repeat(64) } as const;
  return [
    policyRecord({ host: "demo", now: july(1, 1), settings: { key: "demo" } }),
    signInRecord(
      { ...common, now: july(1, 2), human: "mallory@example.com", method: "password" },
      { decision: "deny", code: "SIGN_IN_NOT_ALLOWED", reason: "The human is not one of the host." },
    ),
    consent("consent", "lead", july(1, 3)),
    consent("consent", "developer", july(1, 4)),
    ...madeCall({ human: "lead", now: july(2), asked: tool("get_issue", "low") }),
    ...madeCall({ human: "lead", now: july(3), asked: tool("create_issue", "medium"), clientName: hostileName }),
    ...madeCall(
      { human: "developer", now: july(4), asked: tool("get_issue", "low") },
      {
        outcome: "failed",
        code: "UPSTREAM_STATUS",
        reason: "The MCP server answered with status 503.",
        upstreamStatus: 503,
      },
    ),
    ...madeCall(
      { human: "lead", now: july(5), server: "everything", asked: tool("echo", "low") },
      { outcome: "cancelled", code: "CANCELLED", reason: "The client went away.", upstreamStatus: null },
    ),
    ...madeCall({ human: "lead", now: july(6), asked: { method: "resources/read" } }),
    allowRecord(subject({ human: "lead", now: july(6, 12), asked: tool("get_issue", "low") })),
    deniedCall({ human: "developer", now: july(7), asked: tool("delete_issue", "high") }),
    deniedCall(
      { human: "developer", now: july(8), asked: tool(hostileName, null) },
      "TOOL_UNKNOWN",
      "There is no such tool.",
    ),
    deniedCall({ human: "lead", now: july(9), asked: tool("delete_issue", "high") }, "APPROVAL_REQUIRED", "It waits."),
    driftRecord(
      { ...common, ...review, now: july(10), human: emailOf("lead"), tool: "get_issue" },
      { decision: "deny", code: "TOOL_CHANGED", reason: "get_issue is not what was reviewed any more." },
    ),
    dynamicServerRecord(
      { ...common, now: july(11), human: emailOf("developer"), server: null, address: hostileName },
      { decision: "deny", code: "SERVER_URL_REFUSED", reason: "The gateway does not connect to this address." },
    ),
    consent("consent_lowered", "lead", july(12), { level: "low" }),
    consent("consent_ended", "developer", july(13)),
    consent("consent_lowered", "lead", new Date(Date.UTC(2026, 7, 2)), { level: "low" }),
  ];
}

/** Writes records as a replica does, each by its own clock, and ends the chain unless it stays open. */
export async function writeRecords(
  database: Database,
  records: readonly AuditRecord[],
  { replica = "r1", signer, ends = true }: { replica?: string; signer?: AuditSigner; ends?: boolean } = {},
): Promise<void> {
  let now = new Date(records[0]?.time ?? 0);
  const log = auditLogOn(database, { replica, signer, clock: () => now });
  for (const record of records) {
    now = new Date(record.time);
    await log.write(record);
  }
  if (!ends) return;
  await log.write(logRecord("log_ended", { host: "demo", now }));
}
