/** The rows of our own tables, as Kysely types. better-auth's tables share the database and are its own business. */
import type { TrustLevel } from "@permit-mcp-gateway/policies";
import type { ColumnType } from "kysely";

/** `timestamptz`: read as a Date, written as a Date or as RFC 3339 text. */
type Timestamp = ColumnType<Date, Date | string, Date | string>;

/** One consent (`Grant` in deps/grants.ts). */
export interface GrantRow {
  readonly id: string;
  readonly user_id: string;
  readonly client_id: string;
  readonly client_name: string;
  /** Lower case. */
  readonly email: string;
  readonly resource: string;
  readonly server: string;
  readonly level: TrustLevel;
  readonly connection_id: string;
  readonly created_at: Timestamp;
  readonly last_used_at: Timestamp;
  readonly expires_at: Timestamp;
  readonly revoked_at: ColumnType<Date | null, Date | null, Date | null>;
}

/** `bigint`: a number or its text, as the driver likes. */
type BigInteger = ColumnType<number | string, number, number>;

/** One record of the audit log (`AuditLine` in deps/audit.ts), and what of it can be asked for. Never updated. */
export interface AuditRow {
  readonly chain: string;
  readonly sequence: BigInteger;
  readonly id: string;
  readonly time: Timestamp;
  readonly event: string;
  readonly human: string | null;
  /** Client id. */
  readonly agent: string | null;
  readonly server: string | null;
  readonly tool: string | null;
  readonly decision: "allow" | "deny";
  readonly code: string;
  readonly line: string;
}

/** What one replica writes from its start to its end, and where it is. */
export interface AuditChainRow {
  readonly id: string;
  readonly host: string;
  readonly replica: string;
  readonly started_at: Timestamp;
  /** When the replica last wrote, by the database's clock. */
  readonly seen_at: Timestamp;
  readonly sequence: BigInteger;
  readonly hash: string;
  /** Every call before it has a result. */
  readonly open_sequence: ColumnType<number | string, undefined, never>;
  /** Up to here the records were deleted. */
  readonly trimmed_sequence: ColumnType<number | string, undefined, number>;
  readonly trimmed_hash: ColumnType<string | null, undefined, string>;
  /** From then on nothing can be added to it. */
  readonly ended_at: ColumnType<Date | null, undefined, Date>;
  /** When each call in it had a result. */
  readonly settled_at: ColumnType<Date | null, undefined, Date>;
}

/** How far a chain was shipped to one destination, and who does it. */
export interface AuditShipmentRow {
  readonly destination: string;
  readonly chain: string;
  readonly sequence: BigInteger;
  /** Of the process that ships it. */
  readonly holder: string;
  readonly leased_until: Timestamp;
}

/** A key of the gateway's own (`SigningKeys` in deps/tokens.ts). Never deleted: its public part checks what it once signed. */
export interface SigningKeyRow {
  readonly kid: string;
  /** `jsonb`: a JWK. */
  readonly public_key: ColumnType<unknown, string, never>;
  /** A JWK, encrypted. */
  readonly private_key: string;
  readonly created_at: Timestamp;
}

/** One permission receipt, as it was signed. */
export interface ReceiptRow {
  readonly id: string;
  readonly grant_id: string;
  readonly jws: string;
  readonly created_at: Timestamp;
}

/** The last good copy of a host's settings, so that the gateway starts while Permit is down. */
export interface HostSettingsRow {
  readonly host: string;
  /** `jsonb`: written as JSON text. */
  readonly settings: ColumnType<unknown, string, string>;
  readonly fetched_at: Timestamp;
}

/** What was counted under one key (`AttemptStore` in deps/attempts.ts). */
export interface AttemptRow {
  /** SHA-256, base64url. */
  readonly key: string;
  readonly count: number;
  readonly window_ends_at: Timestamp;
}

/** One data key, encrypted by a key outside the database. */
export interface DataKeyRow {
  readonly id: string;
  readonly wrapped: string;
  readonly created_at: Timestamp;
}

/** What one human has at one upstream server. `sealed` is encrypted (`sealed-values.ts`). */
export interface UpstreamTokenRow {
  readonly user_id: string;
  readonly server: string;
  readonly sealed: string;
  readonly expires_at: ColumnType<Date | null, Date | null, Date | null>;
  readonly updated_at: Timestamp;
}

/** The gateway's registration at one authorization server, for one MCP server. */
export interface UpstreamClientRow {
  readonly issuer: string;
  readonly server: string;
  readonly sealed: string;
  readonly created_at: Timestamp;
}

/** A human who was sent to an upstream's authorization server and is not back yet. */
export interface UpstreamSignInRow {
  readonly state_hash: string;
  readonly user_id: string;
  readonly server: string;
  readonly sealed: string;
  readonly expires_at: Timestamp;
}

/** A definition that somebody was shown and nobody has reviewed (`ToolDriftStore` in deps/tool-drift.ts). */
export interface ToolDriftRow {
  readonly server: string;
  readonly tool: string;
  readonly seen: string;
  readonly last_seen_at: Timestamp;
}

/** A session at the address of several servers (`MergedSession` in deps/sessions.ts). */
export interface MergedSessionRow {
  readonly id: string;
  readonly user_id: string;
  readonly client_id: string;
  /** JSON. */
  readonly client: string;
  readonly created_at: Timestamp;
  readonly used_at: Timestamp;
}

/** The session at one server behind it. Goes with it. */
export interface MergedUpstreamRow {
  readonly session_id: string;
  readonly server: string;
  readonly sealed_id: string | null;
  readonly protocol_version: string;
  readonly created_at: ColumnType<Date, undefined, never>;
}

/** A server that a human has entered (`DynamicServer` in deps/dynamic-servers.ts). */
export interface DynamicServerRow {
  /** `dynamic-` and 16 hexadecimal digits. */
  readonly key: string;
  readonly user_id: string;
  /** Whose it was when it was entered, for people who look at the table. Lower case. */
  readonly email: string;
  readonly url: string;
  readonly auth: "none" | "oauth";
  /** `jsonb`. */
  readonly tools: ColumnType<unknown, string, string>;
  readonly created_at: Timestamp;
}

/** Our tables by name. */
export interface Tables {
  readonly gateway_grant: GrantRow;
  readonly gateway_audit: AuditRow;
  readonly gateway_audit_chain: AuditChainRow;
  readonly gateway_audit_shipment: AuditShipmentRow;
  readonly gateway_receipt: ReceiptRow;
  readonly gateway_signing_key: SigningKeyRow;
  readonly gateway_host_settings: HostSettingsRow;
  readonly gateway_merged_session: MergedSessionRow;
  readonly gateway_merged_upstream: MergedUpstreamRow;
  readonly gateway_sign_in_attempt: AttemptRow;
  readonly gateway_call_count: AttemptRow;
  readonly gateway_data_key: DataKeyRow;
  readonly gateway_upstream_token: UpstreamTokenRow;
  readonly gateway_upstream_client: UpstreamClientRow;
  readonly gateway_upstream_sign_in: UpstreamSignInRow;
  readonly gateway_tool_drift: ToolDriftRow;
  readonly gateway_dynamic_server: DynamicServerRow;
}
