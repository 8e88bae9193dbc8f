/** Traces and metrics, as the request path sees them. */
import type { IncomingHttpHeaders } from "node:http";
import type { HostSettings, ServerSettings } from "./host-settings.ts";

/** What the gateway is asked to do: one MCP message, or one GET or DELETE. */
export interface OperationStart {
  readonly requestId: string;
  readonly httpMethod: string;
  readonly headers: IncomingHttpHeaders;
  /** Undefined for a GET or DELETE, and for a body that was not read. */
  readonly message?: OperationMessage | undefined;
  /** Undefined until it is known; then, servers and tools that are in it have their names, and all others have none. */
  readonly host?: HostSettings | undefined;
  readonly grants?: readonly { readonly server: string }[] | undefined;
  /** Time since the request arrived, in milliseconds. */
  readonly elapsedMs: number;
}

/** What is looked at of a JSON-RPC message. */
export interface OperationMessage {
  readonly kind: "request" | "notification" | "response";
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** How an operation, or a request to a server, ended. */
export interface OperationEnd {
  /** HTTP status; undefined where there was none. From 400 on it is a failure. */
  readonly status?: number | undefined;
  /** Stable code of the error, of the catalogue in `errors.ts`; `CANCELLED` when the client went away. */
  readonly code?: string | undefined;
}

/** One operation under way. Nothing here throws on its own account: what is measured never ends what is done. */
export interface Operation {
  /** Trace id of W3C Trace Context, 32 hexadecimal digits. Undefined where neither the client nor the gateway traces. */
  readonly traceId: string | undefined;
  /** Runs a question to the decision point. Throws what `run` throws. */
  decision(run: () => Promise<boolean>): Promise<boolean>;
  /** Begins a request to a server: the client's own, or, where it says a method, one that the gateway makes for it. */
  upstream(
    server: Pick<ServerSettings, "key" | "upstreamUrl" | "enteredBy" | "transport">,
    method?: "tools/list",
  ): UpstreamCall;
  /** The answer is a stream without a call behind it. Returns what says that it was closed. */
  stream(): () => void;
  /** Only the first call counts. */
  end(end: OperationEnd): void;
}

/** One request to a server under way. */
export interface UpstreamCall {
  /** Headers that carry the trace context: `traceparent`, `tracestate`, `baggage`, where there are such. */
  readonly headers: Readonly<Record<string, string>>;
  /** True when its answer stays open without a call behind it: it has ended for the metrics when it begins. */
  readonly staysOpen: boolean;
  /** The message with the trace context in `params._meta`; the same object where nothing of it changes. */
  message(json: object): object;
  /** Only the first call counts. */
  end(end: OperationEnd): void;
}

/** What became of an attempt to refresh a human's token at a server. */
export type TokenRefresh = "refreshed" | "sign_in_needed" | "failed";

/** What is asked for whenever metrics are read. Undefined, or a rejection: there is no such figure now. */
export interface Readings {
  /** Records that wait to become durable. */
  readonly auditQueueLength?: () => number;
  /** Age of the oldest record that a destination does not have yet, in seconds, by the name of the destination. */
  readonly auditLagSeconds?: () => ReadonlyMap<string, number | undefined>;
  /** Sessions with servers that this process holds open. */
  readonly sessions?: () => number;
  /** Age of the newest key that the gateway signs with, in seconds. */
  readonly signingKeyAgeSeconds?: () => Promise<number | undefined>;
  /** When the policy was last read. */
  readonly policyReadAt?: () => Date | undefined;
}

/** One HTTP request, answered. */
export interface HttpAnswered {
  readonly method: string;
  /** The path as it is registered, never as it was asked for; undefined where none matched. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
}

/** Where the gateway tells what it does. Every label has few values: no human, no address, no name that a client made up. */
export interface Telemetry {
  begin(start: OperationStart): Operation;
  httpAnswered(answered: HttpAnswered): void;
  /** A record became durable, or, with a code, could not be written. */
  auditWritten(durationMs: number, code?: string): void;
  tokenRefreshed(server: string, outcome: TokenRefresh): void;
  /** Adds readings; of two for one figure the later one counts. */
  observe(readings: Readings): void;
  /** Delivers what is there and ends. Never throws. */
  close(): Promise<void>;
}
