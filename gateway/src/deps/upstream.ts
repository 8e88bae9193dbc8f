/** Requests to MCP servers. */

import type { Readable } from "node:stream";
import type { AgentIdentity } from "./grants.ts";
import type { ServerSettings } from "./host-settings.ts";

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
   * Longest time until the end of the answer; of a GET that opens a stream of events, until its headers. Past it the request
   * ends, and what waits for it or reads its body gets GatewayError UPSTREAM_TIMEOUT. Undefined: headers within five minutes, the body at any time.
   */
  readonly timeoutMs?: number | undefined;
  /** Needed for a server that is not reached by streamable HTTP: for it the gateway keeps sessions. */
  readonly caller?: UpstreamCaller | undefined;
}

/** Which server is asked, and by whom. How large its answers may be is in its settings. */
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
   * UPSTREAM_TIMEOUT, UPSTREAM_ANSWER_TOO_LARGE or SERVER_URL_REFUSED; for a server that is a program SECRET_UNAVAILABLE and
   * PROGRAM_NOT_ALLOWED too. A body fails with UPSTREAM_ANSWER_TOO_LARGE where one message of it turns out larger than the
   * caller's server may answer with.
   */
  send(request: UpstreamRequest): Promise<UpstreamAnswer>;
}
