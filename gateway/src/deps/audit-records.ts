/** What audit records say, by event. How each is written as OCSF: `audit/ocsf/`. */
import type { SignInMethod, TrustLevel } from "@permit-mcp-gateway/policies";

/** What every audit record says. */
interface AuditRecordBase {
  /** UUID version 7; of a result, `resultId` of the id of its decision. */
  readonly id: string;
  /** RFC 3339 with milliseconds, UTC. */
  readonly time: string;
  readonly host: string;
  /** Null for what no request was the cause of. */
  readonly requestId: string | null;
  /** The human's e-mail address; null where none is concerned. */
  readonly human: string | null;
  /** Trace id of W3C Trace Context, 32 hexadecimal digits. */
  readonly traceId?: string | undefined;
  /** `allow`: it was let through or done; `deny`: it was refused. */
  readonly decision: "allow" | "deny";
  /** Stable code of the reason, for example `ALLOWED` or `CEILING_TOO_LOW`. */
  readonly code: string;
  /** One sentence a person can act on. */
  readonly reason: string;
}

/** The request of a browser or a client that a record is of. */
export interface RecordedRequest {
  readonly requestId: string;
  /** IP address of the client, by `clientAddress` of `trusted-proxies.ts`: never from what the client says of itself. */
  readonly clientAddress?: string | undefined;
}

/** What a request of a browser or a client was the cause of. */
interface RequestedRecord extends AuditRecordBase, RecordedRequest {
  readonly human: string;
  readonly requestId: string;
}

/** The OAuth client that acts for the human. */
export interface RecordedAgent {
  readonly clientId: string;
  readonly name: string;
  /** As the MCP client says it (`clientInfo`), which nobody has checked. */
  readonly version?: string | undefined;
}

/** Who asked, and under what. */
interface AgentRecord extends RequestedRecord {
  readonly agent: RecordedAgent;
  readonly grantId: string;
  /** Null when the agent has several servers and the name leads to none of them. */
  readonly server: string | null;
  /** Of a server that the human entered: host and path. */
  readonly address?: string | undefined;
}

/** What a call was decided by. */
interface CallRecord extends AgentRecord {
  /** Level that the human has consented to. */
  readonly consent: TrustLevel;
  /** The most that the policy lets the human consent to on this day; null when the call was refused before it was known. */
  readonly ceiling: TrustLevel | null;
}

/** What is kept of a call's arguments, where the policy says so. */
export interface RecordedArguments {
  /** SHA-256 of the arguments as canonical JSON (RFC 8785), hexadecimal. */
  readonly digest: string;
  /** The arguments themselves, redacted. */
  readonly shown?: unknown;
}

/** One decision on one tool call. */
export interface ToolCallRecord extends CallRecord {
  readonly event: "tool_call";
  readonly tool: string;
  /** Null when the policy does not know the tool. */
  readonly trust: TrustLevel | null;
  /** The approval that it was made under. */
  readonly approvalId?: string | undefined;
  readonly arguments?: RecordedArguments | undefined;
}

/**
 * One decision on a request for something beside the tools: resources, prompts, a further method; or the refusal of any
 * other request of a known agent. What it named is never in it.
 */
export interface RequestRecord extends CallRecord {
  readonly event: "request";
  /** JSON-RPC method, or `GET` or `DELETE`; null when the body could not be read. */
  readonly method: string | null;
}

/** How a call ended that was let through. */
export type CallOutcome = "answered" | "failed" | "cancelled" | "unknown";

/** The end of a call or request that was let through: one for each `allow` of `tool_call` and `request`. */
export interface CallResultRecord extends AgentRecord {
  readonly event: "call_result";
  readonly decision: "allow";
  /** Id of the record of the decision. */
  readonly callId: string;
  /** As in the record of the decision; the other one is null. */
  readonly tool: string | null;
  readonly method: string | null;
  /** `unknown`: the gateway ended before it was known. */
  readonly outcome: CallOutcome;
  /** HTTP status of the upstream; null when there was no answer. */
  readonly upstreamStatus: number | null;
  /** From the decision to the end of the answer; null when unknown. */
  readonly durationMs: number | null;
  /** Of the JSON-RPC message as it was sent upstream. */
  readonly requestBytes: number | null;
  /** Of the body of the upstream's answer, as far as it was read. */
  readonly responseBytes: number | null;
}

/** An MCP session that an agent opened at a server (`initialize`), or ended (`DELETE`). */
export interface SessionRecord extends AgentRecord {
  readonly event: "session_opened" | "session_ended";
  /** Revision of MCP that the client asked for; null for the end of a session. */
  readonly protocolVersion: string | null;
}

/** A consent that a human gave, was refused, lowered, or that ended before its time. */
export interface ConsentRecord extends RequestedRecord {
  readonly event: "consent" | "consent_lowered" | "consent_ended";
  readonly agent: RecordedAgent;
  /** Null when no grant came of it. */
  readonly grantId: string | null;
  /** Null when the human denied before choosing one. */
  readonly server: string | null;
  /** What was asked for, or what the grant has now. Null when the human denied. */
  readonly level: TrustLevel | null;
  /** The permission receipt (compact JWS), when the agent may now do what it says. */
  readonly receipt: string | null;
}

/**
 * A human who has proven who they are got a session, or was refused one; or a session ended before its time. With the code
 * `SIGN_IN_PAUSED` somebody, and nobody knows who, has guessed too often at the secret of the human's account.
 */
export interface SignInRecord extends RequestedRecord {
  readonly event: "sign_in" | "sign_out";
  /** Null for the end of a session. */
  readonly method: SignInMethod | null;
}

/** What changes of a human's account. */
export const accountChanges = [
  ...(["created", "password_changed", "passkey_added", "passkey_removed"] as const),
  ...(["upstream_connected", "upstream_disconnected"] as const),
] as const;

/** One of `accountChanges`. */
export type AccountChange = (typeof accountChanges)[number];

/** A human's account, or what opens it, is another. Nothing of the secret itself is in it, nor the id of a credential. */
export interface AccountRecord extends AuditRecordBase {
  readonly event: "account_changed";
  readonly human: string;
  /** Null for an account that the deployment made. */
  readonly requestId: string | null;
  /** IP address of the client. */
  readonly clientAddress?: string | undefined;
  readonly change: AccountChange;
  /** The MCP server at which the human has connected or disconnected an account; null for every other change. */
  readonly server: string | null;
}

/** A tool that is not what was reviewed any more (`TOOL_CHANGED`), or is again (`TOOL_RESTORED`). `human` is whose list showed it. */
export interface ToolDriftRecord extends AuditRecordBase {
  readonly event: "tool_drift";
  readonly human: string;
  readonly requestId: string;
  readonly server: string;
  /** Who reviews it: an admin, or the human who entered the server. */
  readonly reviewer: "admin" | "human";
  readonly tool: string;
  /** Digest of the definition that was reviewed. */
  readonly reviewed: string;
  /** Digest of the definition that was seen. */
  readonly seen: string;
}

/** A human connected an MCP server of their own by URL, was refused it, or forgot it. */
export interface DynamicServerRecord extends RequestedRecord {
  readonly event: "dynamic_server";
  /** Null when none came of it. */
  readonly server: string | null;
  /** Host and path; of an address that was refused the host. */
  readonly address: string;
}

/** From now on this replica decides by these settings. */
export interface PolicyRecord extends AuditRecordBase {
  readonly event: "policy_refreshed";
  readonly human: null;
  readonly requestId: null;
  /** SHA-256 of the settings as canonical JSON, hexadecimal: replicas with the same one decide alike. */
  readonly policyDigest: string;
}

/** The last record of a chain at some moment. */
export interface ChainHead {
  readonly chain: string;
  readonly sequence: number;
  /** SHA-256 of that record's line, hexadecimal. */
  readonly hash: string;
}

/** What becomes of the log itself. */
export interface LogRecord extends AuditRecordBase {
  /**
   * `log_started`: first of a chain. `log_checkpoint`: says, signed, what is before it. `log_ended`: likewise, and is the
   * last of the chain. `log_abandoned`: another replica has found that a chain has no end. `log_trimmed`: what was kept
   * long enough was deleted from the database.
   */
  readonly event: "log_started" | "log_checkpoint" | "log_ended" | "log_abandoned" | "log_trimmed";
  readonly human: null;
  readonly requestId: null;
  /** The other chains of the database and where they are; of `log_abandoned` and `log_trimmed`, the one that it is about. */
  readonly heads: readonly ChainHead[];
}

/** One record of the audit log. */
export type AuditRecord =
  | ToolCallRecord
  | RequestRecord
  | CallResultRecord
  | SessionRecord
  | ConsentRecord
  | SignInRecord
  | AccountRecord
  | ToolDriftRecord
  | DynamicServerRecord
  | PolicyRecord
  | LogRecord;

/** Where a record stands: each replica, from its start to its end, writes one chain. */
export interface ChainLink {
  /** Name of the process: that of its machine, or what REPLICA_NAME says. */
  readonly replica: string;
  /** UUID of the chain. */
  readonly chain: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  /** SHA-256 of the line before, hexadecimal; 64 zeros for the first. */
  readonly previous: string;
}
