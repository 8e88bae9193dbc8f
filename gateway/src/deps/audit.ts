/** Audit records, where they are written and where they are shipped. */
import type { SignInMethod, TrustLevel } from "@permit-mcp-gateway/policies";

/** What every audit record says. */
interface AuditRecordBase {
  /** UUID version 7. */
  readonly id: string;
  /** RFC 3339 with milliseconds, UTC. */
  readonly time: string;
  readonly host: string;
  readonly requestId: string;
  /** The human's e-mail address. */
  readonly human: string;
  /** `allow`: it was let through or done; `deny`: it was refused. */
  readonly decision: "allow" | "deny";
  /** Stable code of the reason, for example `ALLOWED` or `CEILING_TOO_LOW`. */
  readonly code: string;
  /** One sentence a person can act on. */
  readonly reason: string;
}

/** One decision on one tool call. Arguments are never in it. */
export interface ToolCallRecord extends AuditRecordBase {
  readonly event: "tool_call";
  readonly agent: { readonly clientId: string; readonly name: string };
  readonly grantId: string;
  /** Null when the agent has several servers and the name leads to none of them. */
  /** Of a server that the human entered: host and path. */
  readonly address?: string;
  readonly server: string | null;
  readonly tool: string;
  /** Null when the policy does not know the tool. */
  readonly trust: TrustLevel | null;
}

/** One decision on a request for something beside the tools: resources, prompts, a further method. What it named is never in it. */
export interface RequestRecord extends AuditRecordBase {
  readonly event: "request";
  readonly agent: { readonly clientId: string; readonly name: string };
  readonly grantId: string;
  /** Of a server that the human entered: host and path. */
  readonly address?: string;
  readonly server: string | null;
  /** JSON-RPC method. */
  readonly method: string;
}

/** A consent that a human gave, was refused, lowered, or that ended before its time. */
export interface ConsentRecord extends AuditRecordBase {
  readonly event: "consent" | "consent_lowered" | "consent_ended";
  readonly agent: { readonly clientId: string; readonly name: string };
  /** Null when no grant came of it. */
  readonly grantId: string | null;
  /** Null when the human denied before choosing one. */
  readonly server: string | null;
  /** What was asked for, or what the grant has now. Null when the human denied. */
  readonly level: TrustLevel | null;
  /** The permission receipt (compact JWS), when the agent may now do what it says. */
  readonly receipt: string | null;
}

/** A human who has proven who they are got a session, or was refused one. */
export interface SignInRecord extends AuditRecordBase {
  readonly event: "sign_in";
  readonly method: SignInMethod;
}

/** A tool that is not what was reviewed any more (`TOOL_CHANGED`), or is again (`TOOL_RESTORED`). `human` is whose list showed it. */
export interface ToolDriftRecord extends AuditRecordBase {
  readonly event: "tool_drift";
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
export interface DynamicServerRecord extends AuditRecordBase {
  readonly event: "dynamic_server";
  /** Null when none came of it. */
  readonly server: string | null;
  /** Host and path; of an address that was refused the host. */
  readonly address: string;
}

/** One line of the audit log. */
export type AuditRecord =
  | ToolCallRecord
  | RequestRecord
  | ConsentRecord
  | SignInRecord
  | ToolDriftRecord
  | DynamicServerRecord;

/** Where it is recorded what was decided and changed. */
export interface AuditSink {
  /** Returns when the record is durable. Throws GatewayError AUDIT_UNAVAILABLE: the call is then refused. */
  write(record: AuditRecord): Promise<void>;
}

/** A log service that keeps what was decided where the gateway can't change it. */
export interface AuditDestination {
  /** The most that one delivery takes. */
  readonly limits: AuditBatchLimits;
  /**
   * Delivers records in their order; they are in the limits. Resolves with how many the service will never take, for
   * example because they are too old. A throw means that they may or may not be there and are delivered again.
   */
  deliver(records: readonly AuditRecord[]): Promise<number>;
  close(): void;
}

/** Limits of one delivery. */
export interface AuditBatchLimits {
  readonly records: number;
  readonly bytes: number;
  /** Counted for each record beside its line in UTF-8. */
  readonly bytesPerRecord: number;
  /** Between the first and the last record. */
  readonly spanMs: number;
}

/** Audit records that are durable and not shipped yet. */
export interface AuditOutbox {
  /** The oldest, in order of their ids. */
  next(limit: number): Promise<readonly AuditRecord[]>;
  /** They are never in `next` again. */
  shipped(ids: readonly string[]): Promise<void>;
  /** Runs `run` unless another replica is shipping. */
  ifAlone(run: () => Promise<void>): Promise<boolean>;
}
