/** The audit record of one decision. One constructor for each outcome; arguments of the call are never in it. */
import type { AuditRecord, Grant, ServerSettings } from "../deps.ts";
import { uuidV7 } from "./uuid-v7.ts";

/** What was decided on, and for whom. */
export interface AuditSubject {
  readonly requestId: string;
  readonly host: string;
  readonly now: Date;
  readonly grant: Grant;
  readonly server: ServerSettings;
  /** As the client wrote it. */
  readonly tool: string;
}

const maxTextLength = 512;

/**
 * Text of a client as it can be stored and read: PostgreSQL takes no NUL and no lone surrogate, and a record that can't
 * be stored would fail the commit it shares with others. Other control characters could forge a log line.
 */
function storable(text: string): string {
  return text
    .slice(0, maxTextLength)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, "\uFFFD");
}

function describe({ requestId, host, now, grant, server, tool }: AuditSubject) {
  return {
    id: uuidV7(now),
    time: now.toISOString(),
    host,
    requestId,
    human: grant.email,
    agent: { clientId: storable(grant.clientId), name: storable(grant.clientName) },
    grantId: grant.id,
    server: server.key,
    tool: storable(tool),
    trust: server.tools.get(tool)?.trust ?? null,
  };
}

/** The decision point allowed the call. */
export function allowRecord(subject: AuditSubject): AuditRecord {
  return { ...describe(subject), decision: "allow", code: "ALLOWED", reason: "Permit allows the call." };
}

/** The gateway refused the call, by policy or because something it needs was missing. */
export function denyRecord(subject: AuditSubject, code: string, reason: string): AuditRecord {
  return { ...describe(subject), decision: "deny", code, reason: storable(reason) };
}
