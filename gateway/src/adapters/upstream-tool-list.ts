/** The tools that a server offers, read with the official client, within limits. */
import {
  Client,
  InsufficientScopeError,
  SdkHttpError,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { z } from "zod";
import type { Upstream, UpstreamCaller } from "../deps/upstream.ts";
import { GatewayError } from "../errors.ts";
import { listedToolsMax } from "../mcp/tool-list.ts";
import { upstreamFetch } from "./upstream-fetch.ts";

const timeoutMs = 20_000;

// Entries as the server sent them: what parsing would leave out of one is what its digest has to tell.
const toolsPage = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().optional() });

/** Thrown when the server wants a token, or another one. */
export class TokenRefusedError extends Error {}

/** Thrown when the server wants a token that reaches further. */
export class ScopeRefusedError extends Error {
  readonly scope: string | undefined;

  constructor(scope: string | undefined) {
    super("the server wants further scopes");
    this.scope = scope;
  }
}

/**
 * Opens an MCP session, with these headers and `token` where there is one, and lists the tools: twenty seconds, 2,000 tools and 8 MB at most.
 * Redirects are not followed. Throws TokenRefusedError, ScopeRefusedError, the GatewayError of a program that can't be started, and
 * UPSTREAM_UNAVAILABLE for anything else.
 */
export async function readOfferedTools(
  upstream: Upstream,
  caller: UpstreamCaller,
  credentials: Readonly<Record<string, string>>,
  token: string | undefined,
): Promise<readonly unknown[]> {
  const { upstreamUrl, name, transport: kind } = caller.server;
  const signal = AbortSignal.timeout(timeoutMs);
  const fetch = upstreamFetch(upstream, caller, signal);
  const client = new Client(
    { name: "permit-mcp-gateway", version: "0.1.0" },
    // Where a session is a program of its own, asking for the revision first would start two.
    { versionNegotiation: { mode: kind.type === "http" ? "auto" : "legacy", probe: { timeoutMs: 5_000 } } },
  );
  const transport = new StreamableHTTPClientTransport(new URL(upstreamUrl), {
    fetch,
    requestInit: { headers: { ...credentials } },
    ...(token === undefined ? {} : { authProvider: { token: async () => token } }),
  });
  try {
    await client.connect(transport, { signal, timeout: timeoutMs });
    return await listTools(client, signal);
  } catch (cause) {
    if (wantsToken(cause)) throw new TokenRefusedError("the server refuses the token", { cause });
    if (cause instanceof InsufficientScopeError) throw new ScopeRefusedError(cause.requiredScope);
    const refusal = gatewayErrorIn(cause);
    if (refusal !== undefined && refusal.code !== "UPSTREAM_UNAVAILABLE") throw refusal;
    throw new GatewayError("UPSTREAM_UNAVAILABLE", {
      sentence: `${name} could not be reached, so the gateway doesn't know which tools it has. Try again, or ask an admin.`,
      detail: cause instanceof Error ? cause.name : "unknown",
      cause,
    });
  } finally {
    if (transport.sessionId !== undefined) await transport.terminateSession().catch(() => undefined);
    await client.close().catch(() => undefined);
  }
}

/** What the gateway itself says, where the client has wrapped it in errors of its own. */
function gatewayErrorIn(error: unknown): GatewayError | undefined {
  if (error instanceof GatewayError) return error;
  return error instanceof Error ? gatewayErrorIn(error.cause) : undefined;
}

function wantsToken(error: unknown): boolean {
  if (error instanceof UnauthorizedError) return true;
  if (error instanceof SdkHttpError) return error.status === 401;
  return error instanceof Error && error.cause !== undefined && wantsToken(error.cause);
}

async function listTools(client: Client, signal: AbortSignal): Promise<readonly unknown[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const entries: unknown[] = [];
  const seen = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    const params = cursor === undefined ? {} : { cursor };
    const page = await client.request({ method: "tools/list", params }, toolsPage, { signal });
    if (entries.length + page.tools.length > listedToolsMax) {
      throw new Error(`The server lists more than ${listedToolsMax} tools.`);
    }
    entries.push(...page.tools);
    cursor = page.nextCursor;
    if (cursor === undefined) return entries;
    if (seen.has(cursor)) throw new Error("The server lists its tools in a circle.");
    seen.add(cursor);
  }
}
