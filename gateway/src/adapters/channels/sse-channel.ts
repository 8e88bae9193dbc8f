/** MCP over HTTP+SSE, the transport of revision 2024-11-05: a stream of events, and an address that it names to post to. */
import type { Readable } from "node:stream";
import type { Upstream, UpstreamAnswer, UpstreamRequest } from "../../deps/upstream.ts";
import { GatewayError } from "../../errors.ts";
import { parseJson } from "../../mcp/json-text.ts";
import { dataOf, eventCutter, fieldOf } from "../../mcp/sse-events.ts";
import { type ChannelEnd, ChannelRefusal, leaveTimeoutMs, type Message, type OpenChannel } from "./message-channel.ts";

/** For the event that names the address. */
const endpointTimeoutMs = 10_000;
/** Of that address; it is kept with the session. */
const maxEndpointChars = 2_000;

/** What of a request's headers is about its one message, or about a session that is not the server's. */
const ownHeaders = new Set(["accept", "content-type", "mcp-session-id", "last-event-id"]);

function headersOf(request: UpstreamRequest | undefined, more: Record<string, string>): Record<string, string> {
  const kept = Object.entries(request?.headers ?? {}).filter(([name]) => !ownHeaders.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...more };
}

function unusable(server: string, what: string, cause?: unknown): GatewayError {
  const sentence = `The MCP server "${server}" ${what}. Try again; if it happens again, ask an admin to look at it.`;
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail: `${server}: ${what}`, cause });
}

/**
 * The address to post to. It must be of the server's own origin: calls, with the human's token, would otherwise go wherever
 * the server says, into the gateway's own network too. Throws GatewayError UPSTREAM_UNAVAILABLE.
 */
function endpointOf(server: string, base: string, named: string): string {
  if (named.length > maxEndpointChars) throw unusable(server, "names an address to post to that is too long");
  const url = URL.canParse(named, base) ? new URL(named, base) : undefined;
  if (url === undefined || url.origin !== new URL(base).origin || url.username !== "" || url.password !== "") {
    throw unusable(server, "names an address to post to that is not its own");
  }
  return url.href;
}

function refuse(server: string, { status, headers, body }: UpstreamAnswer): never {
  body.on("error", () => undefined).destroy();
  // Credentials are the business of whoever sent the request: there may be another token.
  if (status === 401 || status === 403) throw new ChannelRefusal(status, headers);
  throw unusable(server, `answers with status ${status}`);
}

/** The message in an event; undefined for what is none. */
function messageIn(lines: readonly string[]): Message | undefined {
  const json = dataOf(lines);
  if (json.trim() === "") return undefined;
  const message = parseJson(json);
  const isObject = typeof message === "object" && message !== null && !Array.isArray(message);
  return isObject ? (message as Message) : undefined;
}

async function readEvents(body: Readable, server: string, end: ChannelEnd, onEndpoint: (named: string) => void) {
  const cut = eventCutter();
  let how = unusable(server, "has ended the connection");
  let named = false;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (const lines of cut(chunk)) {
        const event = lines.map(fieldOf).findLast(({ name }) => name === "event")?.value;
        if (event === "endpoint") {
          // The first holds: a later one could lead what was opened for one address to another.
          if (!named) onEndpoint(dataOf(lines));
          named = true;
        } else {
          const message = messageIn(lines);
          if (message !== undefined) await end.take(message);
        }
      }
    }
  } catch (cause) {
    how = cause instanceof GatewayError ? cause : unusable(server, "has broken off the connection", cause);
  }
  body.destroy();
  end.ended(how);
  return how;
}

/** Opens channels to servers with `transport: sse`, over `http`. */
export function createSseChannels(http: Upstream): OpenChannel {
  return async ({ server: { key, upstreamUrl } }, request, end, signal) => {
    const closed = new AbortController();
    const over = AbortSignal.any([signal, closed.signal]);
    const silent = () => closed.abort(unusable(key, "does not say where to post to"));
    // From the very beginning: a server that sends no headers says nothing either.
    const timer = setTimeout(silent, endpointTimeoutMs);
    const openStream = async (): Promise<string> => {
      const answer = await http.send({
        url: upstreamUrl,
        method: "GET",
        headers: headersOf(request, { accept: "text/event-stream" }),
        guarded: request.guarded,
        signal: over,
      });
      const type = String(answer.headers["content-type"] ?? "").split(";")[0];
      if (answer.status !== 200) refuse(key, answer);
      if (type?.trim().toLowerCase() !== "text/event-stream") {
        answer.body.destroy();
        throw unusable(key, "does not speak HTTP+SSE at this address");
      }
      const endpoint = Promise.withResolvers<string>();
      void readEvents(answer.body, key, end, (named) => endpoint.resolve(endpointOf(key, upstreamUrl, named))).then(
        endpoint.reject,
      );
      return endpoint.promise;
    };
    const url = await openStream().finally(() => clearTimeout(timer));
    return {
      send: async (message, from, sending) => {
        const posted = await http.send({
          url,
          method: "POST",
          headers: headersOf(from ?? request, { "content-type": "application/json", accept: "application/json" }),
          body: JSON.stringify(message),
          guarded: request.guarded,
          signal: sending === undefined ? over : AbortSignal.any([over, sending]),
          timeoutMs: leaveTimeoutMs,
        });
        if (posted.status < 200 || posted.status >= 300) refuse(key, posted);
        posted.body.resume();
      },
      close: async () => closed.abort(),
    };
  };
}
