/** What the gateway needs of the outside world, as interfaces. Implemented in `adapters/`, composed in `server.ts`. */
import type { Readable } from "node:stream";
import type {
  HostAttributesRead,
  RateLimit,
  ServerAttributesRead,
  ServerTransport,
  SignInMethod,
  TrustLevel,
} from "@permit-mcp-gateway/policies";
import type { JSONWebKeySet, JWTPayload } from "jose";
import type { GatewayError } from "./errors.ts";

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
  /** How often one agent may call it; undefined: no limit of its own. */
  readonly rateLimit: RateLimit | undefined;
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

/** A server that a human has entered by URL. */
export interface DynamicServer extends UpstreamOwner {
  readonly url: string;
  /** Whether each human signs in there, as the server said when it was entered. */
  readonly auth: "none" | "oauth";
  /** What the human was shown; of a server that wants a sign-in first, nothing before it. */
  readonly tools: readonly { readonly name: string; readonly trust: TrustLevel; readonly digest: string }[];
  readonly createdAt: Date;
}

/** Servers that humans have entered. Each is its human's alone. */
export interface DynamicServerStore {
  /** In the order in which they were entered. */
  list(userId: string): Promise<readonly DynamicServer[]>;
  /** Adds one, or replaces what is known of the one at the same URL; returns it with the key that it has. */
  save(server: Omit<DynamicServer, "server" | "createdAt"> & { readonly email: string }): Promise<DynamicServer>;
  /** Removes it, with the gateway's registrations for it. Missing ones are fine. */
  remove(owner: UpstreamOwner): Promise<void>;
  /** Removes those whose account is gone. To be called now and then. */
  removeUnowned(): Promise<void>;
}

/** The policy decision point. A throw (GatewayError DECISION_UNAVAILABLE) is a denial. */
export interface DecisionPoint {
  /** May this Permit user do `action` on `{server}:{server}`, tenant `default`? */
  check(user: string, action: string, server: string): Promise<boolean>;
  /** The same for several actions, in their order. */
  checkAll(user: string, actions: readonly string[], server: string): Promise<readonly boolean[]>;
  /** True when the decision point answers its health check. */
  ready(): Promise<boolean>;
}

/** The facts of consent in Permit: ceilings are read, agents and their roles written. */
export interface ConsentFacts {
  /** Server key in Permit (`permitServerOf`) -> ceiling, for one human, asked of Permit now. Empty when the human has no grant. */
  ceilings(email: string): Promise<ReadonlyMap<string, TrustLevel>>;
  /** What the agent is consented at on `server`, asked of Permit now. */
  consent(agent: AgentIdentity, server: string): Promise<TrustLevel | undefined>;
  /**
   * Makes the agent's consent on `server` exactly `level` and returns when decisions see it. Roles add up in Permit,
   * so other levels are removed before this one is given.
   */
  give(agent: AgentIdentity, server: string, level: TrustLevel): Promise<void>;
  /** Removes every consent of the agent on `server`. Missing ones are fine. */
  withdraw(agent: AgentIdentity, server: string): Promise<void>;
}

/** An OAuth client acting for a human: the unit that consents and decisions are about. */
export interface AgentIdentity {
  readonly clientId: string;
  readonly clientName: string;
  /** The human's verified e-mail address, lower case. */
  readonly email: string;
}

/** A stored consent: which agent may use which server, until when. */
export interface Grant extends AgentIdentity {
  readonly id: string;
  /**
   * Id of the first grant of the same authorization: a human may give several servers at once. It is in every access token
   * (`gw_grant`).
   */
  readonly connectionId: string;
  /** Subject of the sign-in account. */
  readonly userId: string;
  /**
   * Path of the resource that its tokens are for: `/mcp/{server}` where the client asked for a server, `/mcp` where the
   * human chose it.
   */
  readonly resource: string;
  readonly server: string;
  readonly level: TrustLevel;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** End by the policy of the day of the consent. A policy that has changed since may end it sooner, never later. */
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

/** Grants in the database: the first thing a revocation changes, because every replica reads it on every request. */
export interface GrantStore {
  create(grant: Omit<Grant, "createdAt" | "lastUsedAt" | "revokedAt">): Promise<Grant>;
  find(id: string): Promise<Grant | undefined>;
  /** The grants of one authorization, ended ones too, in an order that stays. Empty for an unknown id. */
  ofConnection(connectionId: string): Promise<readonly Grant[]>;
  /** Of one human, newest first, without those that are revoked or past their stored end. */
  listActive(userId: string): Promise<readonly Grant[]>;
  /** Sets `revokedAt` on these grants. Already revoked ones are fine. */
  revoke(ids: readonly string[]): Promise<void>;
  /** Sets the level of these grants. Revoked ones keep theirs. */
  setLevel(ids: readonly string[], level: TrustLevel): Promise<void>;
  /** Sets `lastUsedAt` to now, at most once a minute per grant. */
  touch(id: string): Promise<void>;
}

/** A session of an agent at one server. */
export interface UpstreamSession {
  /** As `SessionSeal` writes it for the agent; null where the server has no sessions. */
  readonly sealedId: string | null;
  /** Protocol revision that the server has chosen. */
  readonly protocolVersion: string;
}

/** A session of an agent that has several servers at one address, and those behind it. */
export interface MergedSession {
  readonly id: string;
  /** `params` of the client's `initialize`: each server hears the same. */
  readonly client: Readonly<Record<string, unknown>>;
  /** By server, those opened so far. */
  readonly upstreams: ReadonlyMap<string, UpstreamSession>;
}

/** Sessions at the address of several servers, known to all replicas. One that is not used for a week is gone. */
export interface MergedSessionStore {
  /** Returns the id. Of an agent's sessions the newest hundred are kept. */
  create(agent: Pick<Grant, "userId" | "clientId">, client: object): Promise<string>;
  find(id: string): Promise<MergedSession | undefined>;
  /** Stores a session there and returns the one that is stored then: another replica may have been first. */
  keep(id: string, server: string, session: UpstreamSession): Promise<UpstreamSession>;
  /** Forgets this session there; one that has taken its place stays. */
  forget(id: string, server: string, session: UpstreamSession): Promise<void>;
  end(id: string): Promise<void>;
}

/** Signs what others can check without asking the gateway: one key for all replicas, public at `/.well-known/gateway-jwks.json`. */
export interface SigningKeys {
  /** A compact JWS (RFC 7515) with these claims, signed by EdDSA. `typ` keeps one kind from passing for another (RFC 8725 section 3.11). */
  sign(claims: JWTPayload, typ: string): Promise<string>;
  /** Every key that ever signed, the newest first: a receipt is checked years later. */
  publicKeys(): Promise<JSONWebKeySet>;
}

/** What upstreams can tell the gateway's requests by, and the human behind them: the header `X-Gateway-Auth`. */
export interface GatewayAssertions {
  /** A JWT (RFC 7519) that says for which human the gateway calls the upstream of this URL. */
  assert(email: string, upstreamUrl: string): Promise<string>;
}

/** Permission receipts, one for each consent given or lowered. */
export interface ReceiptStore {
  add(receipt: { readonly id: string; readonly grantId: string; readonly jws: string }): Promise<void>;
  /** The newest of a grant, as compact JWS. Undefined for a consent from before there were receipts. */
  newestOf(grantId: string): Promise<string | undefined>;
}

/** The result of checking an access token's signature, issuer, audience and times (RFC 9068). Says nothing of revocation. */
export interface VerifiedToken {
  /** `connectionId` of the grants that it was issued for. */
  readonly connectionId: string;
  readonly userId: string;
  readonly clientId: string;
}

/** The authorization server as the MCP path sees it. */
export interface TokenVerifier {
  /**
   * Verifies an access token for the resource `{publicUrl}/mcp/{server}`, or without a server `{publicUrl}/mcp`. Throws
   * GatewayError TOKEN_INVALID.
   */
  verifyToken(token: string, server: string | undefined): Promise<VerifiedToken>;
}

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

/** A definition of a tool that some human was shown and nobody has reviewed. */
export interface ToolDrift {
  readonly server: string;
  readonly tool: string;
  /** Digest of the definition. */
  readonly seen: string;
}

/** What servers show beside what was reviewed, known to all replicas, so that one of them tells of it. */
export interface ToolDriftStore {
  /** Of one server, with the time at which each was seen last. */
  list(server: string): Promise<readonly (ToolDrift & { readonly lastSeenAt: Date })[]>;
  /** True for the one caller by whom it got there. */
  add(drift: ToolDrift): Promise<boolean>;
  /** It was seen again just now. */
  touch(drift: ToolDrift): Promise<void>;
  /** True for the one caller by whom it went. */
  remove(drift: ToolDrift): Promise<boolean>;
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

/** The secrets that a policy names (`{ secret: <name> }`). */
export interface Secrets {
  /** The value of today. Throws GatewayError SECRET_UNAVAILABLE, which names the secret and never holds its value. */
  read(name: string): Promise<string>;
}

/** One message to one human. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** How mail leaves. */
export interface Mailer {
  /** Resolves when the mail server has taken it. Throws GatewayError MAIL_UNAVAILABLE, which never holds the text. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** At most `max` attempts in a window. */
export interface AttemptLimit {
  /** Digest of what is counted: nothing that was typed is stored. */
  readonly key: string;
  readonly max: number;
  readonly windowSeconds: number;
}

/** Attempts, to sign in or to call a tool, counted for all replicas. */
export interface AttemptStore {
  /** Counts one more. Resolves to the seconds to wait when that is over the limit. */
  take(limit: AttemptLimit): Promise<number | undefined>;
  /** Takes one attempt back: it was no failure. */
  giveBack(key: string): Promise<void>;
  /** Forgets what was counted. */
  clear(key: string): Promise<void>;
}

/** One request to an upstream MCP server. */
export interface UpstreamRequest {
  readonly url: string;
  readonly method: "POST" | "GET" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** True for a URL that a human entered: the connection goes to public addresses and to what the policy names. */
  readonly guarded: boolean;
  /** Aborting it ends the request and the body of its answer. */
  readonly signal: AbortSignal;
  /**
   * Longest time until the end of the answer. Past it the request ends, and what waits for it or reads its body gets
   * GatewayError UPSTREAM_TIMEOUT. Undefined: headers within five minutes, the body at any time.
   */
  readonly timeoutMs?: number | undefined;
  /** Needed for a server that is not reached by streamable HTTP: for it the gateway keeps sessions. */
  readonly caller?: UpstreamCaller | undefined;
}

/** Which server is asked, and by whom. */
export interface UpstreamCaller {
  readonly server: ServerSettings;
  /** Nobody else can use a session of this agent. */
  readonly agent: AgentIdentity;
}

/** The answer of an upstream MCP server. Whoever gets it reads `body` to the end or destroys it. */
export interface UpstreamAnswer {
  readonly status: number;
  /** Lower-case names; a header that came twice is an array. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** Requests to upstream MCP servers, in the form of streamable HTTP whatever the server speaks. Redirects are never followed. */
export interface Upstream {
  /**
   * Resolves with the headers of the answer, whatever its status. Throws GatewayError UPSTREAM_UNAVAILABLE,
   * UPSTREAM_TIMEOUT or SERVER_URL_REFUSED; for a server that is a program SECRET_UNAVAILABLE and PROGRAM_NOT_ALLOWED too.
   */
  send(request: UpstreamRequest): Promise<UpstreamAnswer>;
}

/** Whose tokens they are, and at which upstream server. */
export interface UpstreamOwner {
  /** Subject of the sign-in account. */
  readonly userId: string;
  readonly server: string;
}

/** What the MCP path needs of the humans' tokens at upstream servers with `auth: oauth`. */
export interface UpstreamTokens {
  /**
   * The access token to send. One that lives is given at once, and refreshed in the background when it ends within five
   * minutes. Throws GatewayError UPSTREAM_SIGN_IN_NEEDED, or UPSTREAM_UNAVAILABLE when it has expired and the
   * authorization server does not answer.
   */
  accessToken(owner: UpstreamOwner): Promise<string>;
  /** Another token than `rejected`, which the upstream has just answered 401 to. Throws like `accessToken`. */
  replace(owner: UpstreamOwner, rejected: string): Promise<string>;
  /**
   * True when the challenge of an upstream's 403 (`WWW-Authenticate`) asks for further scopes. The next sign-in then asks
   * for them.
   */
  noteScopes(owner: UpstreamOwner, challenge: string): Promise<boolean>;
}

/** A human on the way to an upstream's authorization server. */
export interface UpstreamSignInRequest extends UpstreamOwner {
  /** The secret of the browser's cookie: who comes back with another one did not start it. */
  readonly browser: string;
  /** The authorization request that waits for consent; undefined where a human only connects again. */
  readonly authorizeQuery: string | undefined;
}

/** A human who is back from it: what the address says, and who they are here. */
export interface UpstreamSignInAnswer extends UpstreamOwner {
  readonly browser: string | undefined;
  readonly state: string;
  readonly code: string | undefined;
  readonly error: string | undefined;
  readonly iss: string | undefined;
}

/** What a server offers a human, compared with its policy. */
export interface OfferedTools {
  /** Tools that are not what was reviewed: their calls are refused. */
  readonly changed: readonly string[];
  /** Tools of the policy that the server does not have. */
  readonly missing: readonly string[];
  /** Tools of the server that the policy does not list: nobody can call them. */
  readonly unlisted: readonly string[];
}

/** What consent needs of upstream servers: signing in there, and seeing what they offer. */
export interface UpstreamAccounts {
  /** True unless the human has to sign in at the server first. */
  connected(owner: UpstreamOwner): Promise<boolean>;
  /** True when the server has asked for more than the human's sign-in there gives. */
  askedForMore(owner: UpstreamOwner): Promise<boolean>;
  /** Where the browser goes to sign in. Throws GatewayError UPSTREAM_SIGN_IN_FAILED or UPSTREAM_UNAVAILABLE. */
  begin(request: UpstreamSignInRequest): Promise<URL>;
  /**
   * Ends a sign-in. `problem` says why there are no tokens. Throws GatewayError UPSTREAM_SIGN_IN_INVALID for what this
   * browser and this human did not start; no code is redeemed then.
   */
  finish(
    answer: UpstreamSignInAnswer,
  ): Promise<{ readonly authorizeQuery: string | undefined; readonly problem: GatewayError | undefined }>;
  /**
   * Opens a session for the human and lists the tools. Throws GatewayError UPSTREAM_SIGN_IN_NEEDED, UPSTREAM_UNAVAILABLE
   * or SECRET_UNAVAILABLE.
   */
  offeredTools(
    owner: UpstreamOwner,
    asking: { readonly email: string; readonly requestId: string },
  ): Promise<OfferedTools>;
  /** The same tools as the server defines them: entries of its list. Throws like `offeredTools`. */
  toolsOf(owner: UpstreamOwner, email: string): Promise<readonly unknown[]>;
  /**
   * Whether a server that a human has entered wants a sign-in, and without one the entries of its tool list. It is told
   * nothing of the human. Throws GatewayError SERVER_URL_REFUSED or UPSTREAM_UNAVAILABLE.
   */
  probe(server: ServerSettings): Promise<Pick<DynamicServer, "auth"> & { readonly tools: readonly unknown[] }>;
  /** Deletes the human's tokens, and ends them at the upstream where it can. */
  forget(owner: UpstreamOwner): Promise<void>;
  /** Deletes the tokens that no agent can use any more. To be called now and then. */
  forgetUnused(): Promise<void>;
  /** Deletes the tokens for servers at which nobody signs in any more. */
  follow(settings: HostSettings): Promise<void>;
  /** The gateway's Client ID Metadata Document; undefined for a server that has none. */
  clientDocument(server: string): object | undefined;
}

/** What the gateway needs to do its work, by name; each tells what is wrong with it, or undefined. Never throws. */
export type Readiness = Readonly<Record<"database" | "decisionPoint" | "policy", () => Promise<string | undefined>>>;

/** How far the end of the process has come. */
export interface Shutdown {
  /** Aborted when the process was asked to end: it is not ready any more, and connections end with their answer. */
  readonly begun: AbortSignal;
  /** Aborted when the time for calls in flight is up: they end with GATEWAY_STOPPING. */
  readonly overdue: AbortSignal;
}

/** Time, as an argument, so that expiry is testable. */
export type Clock = () => Date;
