/** MCP clients that run in web pages: which pages may use the endpoint, and what their browsers are told (Fetch, CORS). */
import { loopbackHosts } from "@permit-mcp-gateway/policies";
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import type { HostDirectory } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";

/** Addresses of the MCP endpoint, as routes. */
export const mcpPaths = ["/mcp", "/mcp/:server"] as const;

/** Request headers of MCP that a page can't send without being allowed to. */
const requestHeaders = new Set([
  ...["authorization", "content-type", "last-event-id"],
  ...["mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"],
]);
const isRequestHeader = (name: string) => requestHeaders.has(name) || /^mcp-param-[a-z0-9-]{1,100}$/.test(name);

/** What a page may read of an answer beside its body. */
const exposedHeaders = "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after, x-request-id";
const requestedMax = 80;

export interface OriginRules {
  /** Origin of the gateway, from its configuration: never from a header. */
  readonly publicUrl: string;
  readonly directory: HostDirectory;
}

/**
 * The gateway's own pages, pages of this machine, where developers' clients run, and those that the policy names. Compared
 * as a whole: a beginning, another port or scheme is another page. `null`, of sandboxed frames and local files, is nobody.
 */
function isAllowed(origin: string, { publicUrl, directory }: OriginRules): boolean {
  if (origin === publicUrl) return true;
  if (URL.canParse(origin) && new URL(origin).origin === origin && loopbackHosts.has(new URL(origin).hostname)) {
    return true;
  }
  try {
    return directory.settings().clients.webOrigins.includes(origin);
  } catch {
    // No policy was read yet.
    return false;
  }
}

/** Clients that are no browser send no `Origin`. Throws GatewayError ORIGIN_FORBIDDEN. */
export function assertOrigin(origin: string | undefined, rules: OriginRules): void {
  if (origin === undefined || isAllowed(origin, rules)) return;
  throw new GatewayError("ORIGIN_FORBIDDEN", {
    sentence:
      "Web pages of this site can't use this endpoint. Ask an admin to list its origin under clients.webOrigins.",
  });
}

/**
 * Lets a page that may use the endpoint read the answer, whatever it is: a 401 says where to sign in, a 429 how long to
 * wait. So it comes before the limits. Without credentials: nothing here reads a cookie, and a token has to be known to be
 * sent.
 */
export function allowOrigin(rules: OriginRules): onRequestAsyncHookHandler {
  return async (request, reply) => {
    if (!mcpPaths.some((path) => path === request.routeOptions.url)) return;
    void reply.header("vary", "origin");
    const { origin } = request.headers;
    if (origin === undefined || !isAllowed(origin, rules)) return;
    void reply.headers({ "access-control-allow-origin": origin, "access-control-expose-headers": exposedHeaders });
  };
}

/** Answers a preflight, `allowOrigin` before it. Throws GatewayError ORIGIN_FORBIDDEN. */
export async function answerPreflight(
  request: FastifyRequest,
  reply: FastifyReply,
  rules: OriginRules,
): Promise<FastifyReply> {
  assertOrigin(request.headers.origin, rules);
  const asked = request.headers["access-control-request-headers"] ?? "";
  const names = asked.toLowerCase().split(",", requestedMax);
  const allowed = names.map((name) => name.trim()).filter(isRequestHeader);
  return reply
    .code(204)
    .headers({
      "access-control-allow-methods": "GET, POST, DELETE",
      "access-control-allow-headers": allowed.join(", "),
      "access-control-max-age": "7200",
    })
    .send();
}
