/** Audit records. One constructor for each outcome. */
import type { TrustLevel } from "@permit-mcp-gateway/policies";
import type {
  ConsentRecord,
  DynamicServerRecord,
  RecordedArguments,
  RecordedRequest,
  RequestRecord,
  SessionRecord,
  SignInRecord,
  ToolCallRecord,
  ToolDriftRecord,
} from "../deps/audit-records.ts";
import type { AgentIdentity, Grant } from "../deps/grants.ts";
import { storable } from "./storable.ts";
import { uuidV7 } from "./uuid-v7.ts";

/** What was decided on, and for whom. */
export interface AuditSubject {
  readonly requestId: string;
  readonly traceId?: string | undefined;
  readonly host: string;
  readonly now: Date;
  readonly grant: Pick<Grant, "id" | "email" | "clientId" | "clientName" | "level">;
  readonly agentVersion?: string | undefined;
  readonly clientAddress?: string | undefined;
  /** Null for a tool whose name leads to none of several servers. */
  readonly server: string | null;
  /** Of a server that a human entered, whose key tells nothing. */
  readonly address?: string | undefined;
  /** Null when it is not known yet. */
  readonly ceiling: TrustLevel | null;
  /** A tool, by its name as the client wrote it, or a request for something else. Trust is null for a tool of no policy. */
  readonly asked:
    | {
        readonly tool: string;
        readonly trust: TrustLevel | null;
        readonly arguments?: RecordedArguments | undefined;
      }
    | { readonly method: string | null };
}

/** When it was, and who it was. */
function agentOf({
  requestId,
  traceId,
  host,
  now,
  grant,
  agentVersion,
  clientAddress,
  server,
  address,
}: Omit<AuditSubject, "asked" | "ceiling">) {
  return {
    id: uuidV7(now),
    time: now.toISOString(),
    host,
    requestId,
    ...(traceId === undefined ? {} : { traceId }),
    human: grant.email,
    agent: {
      clientId: storable(grant.clientId),
      name: storable(grant.clientName),
      ...(agentVersion === undefined ? {} : { version: storable(agentVersion) }),
    },
    grantId: grant.id,
    server,
    ...(address === undefined ? {} : { address: storable(address) }),
    ...knownAddress(clientAddress),
  };
}

/** The member of a record for an address, where it is known: of a socket that is closed already it is not. */
export function knownAddress(clientAddress: string | undefined): { readonly clientAddress?: string } {
  return clientAddress === undefined || clientAddress === "" ? {} : { clientAddress };
}

function describe(subject: AuditSubject) {
  const { grant, ceiling, asked } = subject;
  const who = { ...agentOf(subject), consent: grant.level, ceiling };
  if ("method" in asked) {
    const method = asked.method === null ? null : storable(asked.method);
    return { ...who, event: "request" as const, method };
  }
  const { tool, trust, arguments: args } = asked;
  const call = { tool: storable(tool), trust, ...(args === undefined ? {} : { arguments: args }) };
  return { ...who, event: "tool_call" as const, ...call };
}

/** An agent has opened an MCP session at a server, or ended it. */
export function sessionRecord(
  subject: Omit<AuditSubject, "asked" | "ceiling"> & { readonly protocolVersion: string | null },
  event: SessionRecord["event"],
): SessionRecord {
  const opened = event === "session_opened";
  const protocolVersion = subject.protocolVersion === null ? null : storable(subject.protocolVersion);
  return {
    ...{ ...agentOf(subject), event, protocolVersion, decision: "allow" },
    code: opened ? "SESSION_OPENED" : "SESSION_ENDED",
    reason: opened ? "The agent opened a session at the server." : "The agent ended its session at the server.",
  };
}

/** The decision point allowed the call, or the request. */
export function allowRecord(subject: AuditSubject): ToolCallRecord | RequestRecord {
  const reason = "tool" in subject.asked ? "Permit allows the call." : "The policy opens it to this agent.";
  return { ...describe(subject), decision: "allow", code: "ALLOWED", reason };
}

/** The gateway refused it, by policy or because something it needs was missing. */
export function denyRecord(subject: AuditSubject, code: string, reason: string): ToolCallRecord | RequestRecord {
  return { ...describe(subject), decision: "deny", code, reason: storable(reason) };
}

/** What became of a consent, for whom. */
export interface ConsentSubject
  extends RecordedRequest,
    Pick<ConsentRecord, "event" | "grantId" | "server" | "level" | "receipt"> {
  readonly host: string;
  readonly now: Date;
  readonly agent: AgentIdentity;
}

/** A consent was given, refused, lowered or ended. `code` and `reason` say why, or why not. */
export function consentRecord(
  { requestId, clientAddress, host, now, agent, event, grantId, server, level, receipt }: ConsentSubject,
  { decision, code, reason }: Pick<ConsentRecord, "decision" | "code" | "reason">,
): ConsentRecord {
  return {
    id: uuidV7(now),
    time: now.toISOString(),
    event,
    host,
    requestId,
    ...knownAddress(clientAddress),
    human: agent.email,
    agent: { clientId: storable(agent.clientId), name: storable(agent.clientName) },
    grantId,
    // The client names it in its request: it need not exist.
    server: server === null ? null : storable(server),
    level,
    receipt,
    decision,
    code,
    reason: storable(reason),
  };
}

/** Who signed in, and how. */
export interface SignInSubject extends RecordedRequest, Pick<SignInRecord, "host" | "human" | "method"> {
  readonly now: Date;
}

/** A human got a session or was refused one. */
export function signInRecord(
  { requestId, clientAddress, host, now, human, method }: SignInSubject,
  { decision, code, reason }: Pick<SignInRecord, "decision" | "code" | "reason">,
): SignInRecord {
  const common = { id: uuidV7(now), time: now.toISOString(), event: "sign_in" as const, host, requestId, human };
  return { ...common, ...knownAddress(clientAddress), method, decision, code, reason };
}

/** Which tool is another, or as it was. */
export interface DriftSubject
  extends Pick<ToolDriftRecord, "requestId" | "host" | "human" | "server" | "reviewer" | "tool" | "reviewed" | "seen"> {
  readonly now: Date;
}

/** A tool is not what was reviewed (`deny`), or is again (`allow`). */
export function driftRecord(
  { requestId, host, now, human, server, reviewer, tool, reviewed, seen }: DriftSubject,
  { decision, code, reason }: Pick<ToolDriftRecord, "decision" | "code" | "reason">,
): ToolDriftRecord {
  return {
    ...{ id: uuidV7(now), time: now.toISOString(), event: "tool_drift", host, requestId, human },
    ...{ server, reviewer, tool: storable(tool), reviewed, seen, decision, code, reason: storable(reason) },
  };
}

/** A human connected a server of their own, was refused it, or forgot it. */
export function dynamicServerRecord(
  {
    requestId,
    clientAddress,
    host,
    now,
    human,
    server,
    address,
  }: RecordedRequest & Pick<DynamicServerRecord, "host" | "human" | "server" | "address"> & { readonly now: Date },
  { decision, code, reason }: Pick<DynamicServerRecord, "decision" | "code" | "reason">,
): DynamicServerRecord {
  const common = { id: uuidV7(now), time: now.toISOString(), event: "dynamic_server" as const, host, requestId, human };
  const about = { ...knownAddress(clientAddress), server, address: storable(address) };
  return { ...common, ...about, decision, code, reason: storable(reason) };
}
