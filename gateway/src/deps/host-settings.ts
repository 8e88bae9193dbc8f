/** What the policy of a host says, as the gateway uses it. */
import type {
  ArgumentAudit,
  HostAttributesRead,
  RateLimit,
  ServerAttributesRead,
  ServerTransport,
  TrustLevel,
} from "@permit-mcp-gateway/policies";

/** One tool that the policy knows and has enabled. */
export interface ToolSettings {
  /** Exact name in `tools/list`. */
  readonly name: string;
  /** Permit action key. */
  readonly action: string;
  readonly trust: TrustLevel;
  /** True when its calls wait for the approval of a human. */
  readonly approval: boolean;
  /** Names of what its policy needs and this gateway does not have: its calls are refused. */
  readonly unsupported: readonly string[];
  /** `toolDigest` of the definition that was reviewed; undefined when none was. */
  readonly digest: string | undefined;
  /** Longest time for one call of it, in seconds; undefined: as the server says. */
  readonly timeoutSeconds: number | undefined;
  /** How often one agent may call it; undefined: no limit of its own. */
  readonly rateLimit: RateLimit | undefined;
  /** What an audit record says of the arguments of its calls, by all that host, server and tool say. */
  readonly audit: ArgumentAudit;
}

/** What one human may consent to on a server until a day, highest ceiling first in a list. */
export type GrantTerm = ServerAttributesRead["grant_terms"][string][number];

/** One MCP server of the host, or of one human. */
export interface ServerSettings extends ServerRules {
  readonly key: string;
  /** `stdio:{key}` of a server that is a program. */
  readonly upstreamUrl: string;
  /** Account of the human who entered the URL; undefined for a server of the policy, whose URL was reviewed. */
  readonly enteredBy: string | undefined;
}

/** What holds of a server, wherever it is. */
export interface ServerRules {
  readonly name: string;
  readonly description: string;
  /** How it is reached. */
  readonly transport: ServerTransport;
  /** How the gateway signs in there. */
  readonly auth: ServerAttributesRead["auth"];
  /** By exact tool name. */
  readonly tools: ReadonlyMap<string, ToolSettings>;
  /** Names of what its policy needs and this gateway does not have: nothing of it can be used. */
  readonly unsupported: readonly string[];
  /** Whether `tools/list` shows what the agent may call, or every tool of the policy. */
  readonly listTools: ServerAttributesRead["list_tools"];
  /** The trust from which on resources, and prompts, are open to an agent. */
  readonly resources: ServerAttributesRead["resources"];
  readonly prompts: ServerAttributesRead["prompts"];
  /** Further methods that are passed on -> the trust from which on. */
  readonly methods: ReadonlyMap<string, TrustLevel>;
  /** Longest time for one call, in seconds. */
  readonly timeoutSeconds: number | undefined;
  /** Largest JSON body, or event of a stream, that it may answer with. */
  readonly maxAnswerBytes: number;
  /** How often one agent may call its tools, all together; undefined: no limit of its own. */
  readonly rateLimit: RateLimit | undefined;
  /** Longest life of a consent, in days. */
  readonly consentDays: number | undefined;
  /** Profile key -> the human's grants. Whoever is not in it has the ceiling that Permit says, without end. */
  readonly grantTerms: ReadonlyMap<string, readonly GrantTerm[]>;
}

/** The host as Permit holds it. */
export interface HostSettings {
  readonly key: string;
  readonly name: string;
  readonly signIn: HostAttributesRead["sign_in"];
  readonly sessions: HostAttributesRead["sessions"];
  readonly rateLimits: HostAttributesRead["rate_limits"];
  readonly clients: HostAttributesRead["clients"];
  /** How long shipped records are kept in the database, and when the record of a call of a `low` tool is durable. */
  readonly audit: Pick<HostAttributesRead["audit"], "retentionDays" | "lowCalls">;
  /** Names of what its policy needs and this gateway does not have: nobody can use it. */
  readonly unsupported: readonly string[];
  readonly servers: ReadonlyMap<string, ServerSettings>;
  /** Undefined: nobody may enter servers. */
  readonly dynamicServers: DynamicServerRules | undefined;
}

/** The servers that humans may enter by URL. */
export interface DynamicServerRules extends Omit<HostAttributesRead["dynamic_servers"], "enabled"> {
  /** Of each of them; the tools are the trust levels, by name. */
  readonly rules: ServerRules;
}

/** The last good copy of the host's settings, refreshed from Permit in the background and kept in the database. */
export interface HostDirectory {
  /** Throws GatewayError POLICY_UNAVAILABLE when no copy was ever read. */
  settings(): HostSettings;
  /** Called after each refresh that changed something, and once with the first settings. */
  onChange(listener: (settings: HostSettings) => Promise<void>): void;
}

/** The host as each human has it: with the servers that they have entered, which nobody else can see or use. */
export interface HumanDirectory extends HostDirectory {
  /** Throws GatewayError POLICY_UNAVAILABLE or STORE_UNAVAILABLE. */
  settingsOf(userId: string): Promise<HostSettings>;
}
