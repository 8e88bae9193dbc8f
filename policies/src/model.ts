import type { ToolDefinition } from "./lock.ts";
import type { CallAudit } from "./schema/audit.ts";
import type { RateLimit } from "./schema/fields.ts";
import type { HostFile } from "./schema/host-file.ts";
import type { ServerTransport } from "./schema/program.ts";
import type { ServerFile } from "./schema/server-file.ts";
import type { TrustLevel } from "./trust.ts";

/** A day in UTC as `YYYY-MM-DD`. Two days compare as their texts do. */
export type Day = string;

/** Where in the policy files something was said. Line and column are 1-based. */
export interface SourcePosition {
  /** Path as given to the loader, for example `policies/hosts/demo/grants.yaml`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A line that makes every call of a tool wait for an approval. */
export interface ApprovalRule {
  readonly scope: "tool" | "server" | "host";
  readonly source: SourcePosition;
}

/** One tool of an MCP server, as the policy decides it. */
export interface ToolModel {
  /** The name in `tools/list`, free text of the upstream. */
  readonly name: string;
  /** The Permit action key derived from the name (`toolActionKey`). Unique within its server. */
  readonly action: string;
  readonly trust: TrustLevel;
  /** A disabled tool has no Permit action, so nobody can call it. */
  readonly enabled: boolean;
  /** Why calls of the tool wait for an approval; empty: they don't. */
  readonly approval: readonly ApprovalRule[];
  /** How long a call of it may take, in seconds; undefined: as the server says. */
  readonly timeoutSeconds: number | undefined;
  /** How often one agent may call it; undefined: no limit of its own. */
  readonly rateLimit: RateLimit | undefined;
  /** What the tool says of the audit of its calls; `argumentAudit` is what holds. */
  readonly audit: CallAudit;
  /** What the server said of the tool when it was last imported, from the lock file. */
  readonly definition: ToolDefinition | undefined;
  readonly source: SourcePosition;
}

/** One upstream MCP server. */
export interface ServerModel {
  /** Key in URLs (`/mcp/{key}`) and in Permit (resource type and instance). */
  readonly key: string;
  readonly name: string;
  readonly description: string;
  /**
   * Endpoint of the upstream; `stdio:{key}` of one that is a program; undefined for the one that stands for all that humans
   * enter.
   */
  readonly url: string | undefined;
  readonly transport: ServerTransport;
  /** How the gateway signs in at the server. Names of secrets, never secrets. */
  readonly auth: ServerFile["auth"];
  /** How long a call may take, in seconds; undefined: as the gateway is configured. */
  readonly timeoutSeconds: number | undefined;
  /** Largest JSON body, or event of a stream, that it may answer with, in megabytes of 1,000,000 bytes. */
  readonly maxAnswerMegabytes: number;
  /** What `tools/list` shows: what the agent may call, or every tool of the policy. */
  readonly listTools: HostFile["listTools"];
  /** The trust from which on resources, and prompts, are open to an agent. */
  readonly resources: NonNullable<ServerFile["resources"]>;
  readonly prompts: NonNullable<ServerFile["prompts"]>;
  /** Further methods that are passed on -> the trust from which on. */
  readonly methods: NonNullable<ServerFile["methods"]>;
  /** Longest life of a consent to this server, in days; undefined: the host's. */
  readonly consentDays: number | undefined;
  /** How often one agent may call its tools, all together; undefined: no limit of its own. */
  readonly rateLimit: RateLimit | undefined;
  /** What the server says of the audit of calls of its tools. */
  readonly audit: CallAudit;
  readonly tools: readonly ToolModel[];
  readonly source: SourcePosition;
}

/** A grant as it reaches one human on one server, with the line that says so. */
export interface GrantModel {
  /** E-mail address, lower case. */
  readonly human: string;
  readonly server: string;
  readonly ceiling: TrustLevel;
  /** Last day on which it holds; undefined: no end. */
  readonly until: Day | undefined;
  /** Longest life of a consent given under it, in days; undefined: the server's. */
  readonly consentDays: number | undefined;
  /** The group through which it reaches the human; undefined: the grant names the human. */
  readonly group: string | undefined;
  /** The line's `ceiling`. */
  readonly source: SourcePosition;
}

/** A human the policy knows. */
export interface HumanModel {
  /** E-mail address, lower case. */
  readonly email: string;
  readonly groups: readonly string[];
}

/** Everything the policy files of one host say, checked and plain: the only thing infra and gateway code see of them. */
export interface HostModel {
  /** Folder name below `hosts/`; also the key of the `gateway_host` instance. */
  readonly key: string;
  readonly name: string;
  readonly permit: { readonly project: string; readonly environment: string };
  /** Where `permit.environment` is said. */
  readonly source: SourcePosition;
  readonly signIn: HostFile["signIn"];
  /** Who administers the host, approves waiting calls, reads the audit log: e-mail addresses, lower case, sorted. */
  readonly admins: readonly string[];
  readonly approvers: readonly string[];
  readonly auditors: readonly string[];
  readonly approval: HostFile["approval"];
  readonly dynamicServers: HostFile["dynamicServers"];
  readonly clients: HostFile["clients"];
  readonly sessions: HostFile["sessions"];
  readonly rateLimits: HostFile["rateLimits"];
  readonly audit: HostFile["audit"];
  /** Sorted by key. */
  readonly servers: readonly ServerModel[];
  /** Sorted by e-mail. */
  readonly humans: readonly HumanModel[];
  /**
   * What reaches each human on each server: sorted by server, then human, then ceiling, the highest first. Of several
   * for one pair each outlasts all before it; what a higher or equal one outlasts is left out. So the first that has
   * not ended is the ceiling of the day.
   */
  readonly grants: readonly GrantModel[];
}
