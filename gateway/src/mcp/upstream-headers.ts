import type { Exchange, WithProtocol, WithSession } from "./exchange.ts";

const accepted = ["application/json", "text/event-stream"];

/**
 * All headers of a request to an upstream, made one by one: nothing of the client's is copied. Its token, cookies,
 * `forwarded` and `x-*` headers would let it speak to the upstream in the gateway's name, or hand the upstream a token
 * that opens this gateway (MCP authorization, token passthrough).
 */
export function upstreamHeaders({
  headers,
  protocolHeaders,
  upstreamSessionId,
}: Exchange & WithProtocol & WithSession): Record<string, string> {
  const asked = (headers.accept ?? "").split(",").map((type) => type.split(";")[0]?.trim().toLowerCase());
  const accept = accepted.filter((type) => asked.includes(type));
  return {
    ...protocolHeaders,
    accept: (accept.length > 0 ? accept : accepted).join(", "),
    // A compressed tool list could not be filtered.
    "accept-encoding": "identity",
    "user-agent": "permit-mcp-gateway",
    ...(upstreamSessionId === undefined ? {} : { "mcp-session-id": upstreamSessionId }),
  };
}
