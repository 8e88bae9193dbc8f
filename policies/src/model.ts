import type { TrustLevel } from "./trust.ts";

/** Where in the policy files something was said. Line and column are 1-based. */
export interface SourcePosition {
  /** Path as given to the loader, for example `policies/hosts/demo/grants.yaml`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
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
  readonly source: SourcePosition;
}

/** One upstream MCP server. */
export interface ServerModel {
  /** Key in URLs (`/mcp/{key}`) and in Permit (resource type and instance). */
  readonly key: string;
  readonly name: string;
  readonly description: string;
  /** Streamable HTTP endpoint of the upstream. */
  readonly url: string;
  readonly tools: readonly ToolModel[];
  readonly source: SourcePosition;
}

/** The highest level one human may grant on one server, with the line that says so. */
export interface GrantModel {
  /** E-mail address, lower case. */
  readonly human: string;
  readonly server: string;
  readonly ceiling: TrustLevel;
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
  readonly signIn: { readonly password: { readonly enabled: boolean } };
  /** E-mail addresses, lower case. */
  readonly admins: readonly string[];
  /** Sorted by key. */
  readonly servers: readonly ServerModel[];
  /** Sorted by e-mail. */
  readonly humans: readonly HumanModel[];
  /** At most one per (human, server): the highest ceiling that any grant gives. Sorted by server, then human. */
  readonly grants: readonly GrantModel[];
}
