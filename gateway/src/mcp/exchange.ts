/** The typed state of one request on the MCP path. Each step takes what it needs and returns a wider type. */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { AttemptStore } from "../deps/attempts.ts";
import type { AuditSink } from "../deps/audit.ts";
import type { RequestRecord, ToolCallRecord } from "../deps/audit-records.ts";
import type { Grant, GrantStore } from "../deps/grants.ts";
import type { GrantTerm, HostSettings, HumanDirectory, ServerSettings } from "../deps/host-settings.ts";
import type { ConsentFacts, DecisionPoint } from "../deps/permit.ts";
import type { Clock, Shutdown } from "../deps/process.ts";
import type { Secrets } from "../deps/secrets.ts";
import type { MergedSessionStore, UpstreamSession } from "../deps/sessions.ts";
import type { Operation, Telemetry } from "../deps/telemetry.ts";
import type { GatewayAssertions, TokenVerifier, VerifiedToken } from "../deps/tokens.ts";
import type { Upstream, UpstreamAnswer } from "../deps/upstream.ts";
import type { UpstreamTokens } from "../deps/upstream-accounts.ts";
import type { RpcMessage } from "./json-rpc.ts";
import type { SessionSeal } from "./session-seal.ts";
import type { ToolPins } from "./tool-pins.ts";

/** What the steps need of the world. */
export interface McpDeps {
  /** Origin of the gateway, from its configuration: never from a header. */
  readonly publicUrl: string;
  readonly hostKey: string;
  readonly directory: HumanDirectory;
  readonly tokens: TokenVerifier;
  readonly grants: GrantStore;
  readonly decisions: DecisionPoint;
  readonly facts: ConsentFacts;
  readonly audit: AuditSink;
  readonly upstream: Upstream;
  readonly upstreamTokens: UpstreamTokens;
  readonly assertions: GatewayAssertions;
  readonly secrets: Secrets;
  readonly sessions: SessionSeal;
  readonly mergedSessions: MergedSessionStore;
  readonly pins: ToolPins;
  /** Tool calls of agents, for the limits of the policy. */
  readonly callCounts: AttemptStore;
  readonly shutdown: Shutdown;
  /** Undefined: nothing is measured. */
  readonly telemetry?: Telemetry;
  readonly clock: Clock;
}

/** One HTTP request, before anything is known about it. */
export interface Exchange {
  readonly requestId: string;
  readonly httpMethod: "POST" | "GET" | "DELETE";
  /** Key of the server that the address names. Undefined at `/mcp`: the grant says which. */
  readonly serverKey: string | undefined;
  /** Query of the address, as the URL parser writes it. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value, as they came: in `headers`, values of a header that came twice are one value. */
  readonly rawHeaders: readonly string[];
  readonly body: Readable;
  /** IP address that the request came from. */
  readonly clientAddress: string;
  /** When it arrived, by `performance.now()`. */
  readonly receivedMs: number;
  /** What is measured of it; undefined for what no client has asked for. */
  readonly operation?: Operation;
  /** Trace id of W3C Trace Context, for the audit record. */
  readonly traceId?: string | undefined;
  /** Aborted when the client goes away, or with the GatewayError that ends the call. */
  readonly signal: AbortSignal;
  /** True while the agent can use another server at this address: that one's consent is over is no reason to sign in again. */
  readonly oneOfSeveral?: boolean;
  /** True once it was counted for the limits of the policy. */
  readonly counted?: boolean;
  /** Where the gateway keeps the sessions at the servers itself: opens the one at this server, or finds it open. */
  readonly openUpstream?: (asked: WithServer & WithGrant) => Promise<UpstreamSession>;
}

/** The host's settings at this moment, which have the server that the address names. */
export interface WithHost {
  readonly host: HostSettings;
}

/** The server that is asked, of the same settings. */
export interface WithServer extends WithHost {
  readonly server: ServerSettings;
}

/** A token that is valid for this address. Says nothing of revocation. */
export interface WithToken {
  readonly token: VerifiedToken;
}

/** From here on human and agent are known. */
export interface WithGrants {
  /** Those of the token: one for each server that the human gave, ended ones too. */
  readonly grants: readonly [Grant, ...Grant[]];
}

/** The one that a message is about: whatever becomes of a tool call is recorded. */
export interface WithGrant {
  readonly grant: Grant;
}

/** What the policy grants the human here today. */
export interface WithTerm {
  readonly term: GrantTerm;
}

/** What was posted: one message, or the messages of a batch (revision 2025-03-26), of which each is decided on by itself. */
export interface WithMessages {
  readonly messages: readonly RpcMessage[];
  readonly batch: boolean;
}

/** What is known of a request before it is looked at. */
export type Called = Exchange & WithHost & WithToken & WithGrants;

/** What is known of a POST before its messages are looked at. */
export type Entered = Called & WithMessages;

export interface WithMessage {
  readonly message: RpcMessage;
}

/** The protocol headers that go upstream, made from the body and from checked values. */
export interface WithProtocol {
  readonly protocolHeaders: Readonly<Record<string, string>>;
  /** True for a revision without sessions: 2026-07-28 and later. */
  readonly stateless: boolean;
}

/** The upstream's own session id, when the client named a session and it is this agent's. */
export interface WithSession {
  /** As the client said it when it opened the session. */
  readonly sessionClientVersion?: string | undefined;
  readonly upstreamSessionId: string | undefined;
}

/** Asked when a tool list, or a page of one, comes by: those of its entries that this agent is shown. */
export type VisibleTools = (entries: readonly unknown[]) => Promise<readonly unknown[]>;

/** The filter for an answer that may hold a tool list. */
export interface WithVisibleTools {
  readonly visibleTools: VisibleTools | undefined;
}

/** A decision that is being written to the audit log. */
export interface Decided {
  readonly record: ToolCallRecord | RequestRecord;
  /** Resolves once it is durable. */
  readonly recorded: Promise<void>;
  /** By `performance.now()`. */
  readonly startedMs: number;
}

/** Undefined for what is not recorded. */
export interface WithRecord {
  readonly decided: Decided | undefined;
}

export interface WithAnswer {
  readonly answer: UpstreamAnswer;
  /** Of the message as it was sent upstream. */
  readonly sentBytes?: number;
}

/** What every answered request has. */
export type Answered = Exchange &
  WithServer &
  WithGrant &
  WithVisibleTools &
  WithAnswer &
  WithSession &
  Partial<WithMessage>;

/** How far a request came before it was refused. */
export type Progress = Exchange &
  Partial<
    WithHost &
      WithServer &
      WithToken &
      WithGrants &
      WithGrant &
      WithTerm &
      WithMessage &
      WithProtocol &
      WithSession &
      WithRecord
  > &
  Partial<WithAnswer>;

/** One rule of the path: returns what it found out, or throws a GatewayError. */
export type Step<Needs, Adds extends object> = (exchange: Needs, deps: McpDeps) => Adds | Promise<Adds>;
