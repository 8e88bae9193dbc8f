/** What spans and metrics say, by the names of the semantic conventions for MCP. */
import { createHash } from "node:crypto";
import { type Attributes, type Span, SpanStatusCode } from "@opentelemetry/api";
import type { OperationEnd, OperationStart } from "../../deps/telemetry.ts";
import { type ErrorCode, errorCatalogue } from "../../errors.ts";
import { errorType, type OperationLabels, revisionLabel } from "../../telemetry/operation-labels.ts";

const idLengthMax = 64;

/** What metrics and spans both say. */
export function labelAttributes({ method, server, tool }: OperationLabels): Attributes {
  return {
    "mcp.method.name": method,
    "gateway.server": server,
    ...(tool === undefined ? {} : { "gen_ai.tool.name": tool }),
  };
}

/** What only spans say: as many values as there are requests. Nothing of it says who the human is. */
export function spanAttributes({ requestId, headers, message }: OperationStart, { tool }: OperationLabels): Attributes {
  const version = revisionLabel(headers["mcp-protocol-version"]);
  const session = headers["mcp-session-id"];
  const id = message?.kind === "request" ? String(message.id) : undefined;
  return {
    "gateway.request.id": requestId,
    "network.transport": "tcp",
    "network.protocol.name": "http",
    ...(tool === undefined ? {} : { "gen_ai.operation.name": "execute_tool" }),
    ...(version === undefined ? {} : { "mcp.protocol.version": version }),
    ...(id === undefined || id.length > idLengthMax ? {} : { "jsonrpc.request.id": id }),
    // Its digest: whoever reads traces must not be able to go on with a session.
    ...(typeof session === "string"
      ? { "mcp.session.id": createHash("sha256").update(session).digest("hex").slice(0, 32) }
      : {}),
  };
}

/** Where a server is (OpenTelemetry, server attributes). */
export function serverAttributes(upstreamUrl: string, transport: string): Attributes {
  if (transport === "stdio" || !URL.canParse(upstreamUrl)) return { "network.transport": "pipe" };
  const { hostname, port, protocol } = new URL(upstreamUrl);
  return {
    "network.transport": "tcp",
    "server.address": hostname,
    "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
  };
}

/** Ends a span with what came of it. */
export function endSpan(span: Span | undefined, { status, code }: OperationEnd): void {
  if (span === undefined) return;
  const type = errorType({ status, code });
  if (status !== undefined) span.setAttribute("http.response.status_code", status);
  if (type !== undefined) {
    span.setAttribute("error.type", type);
    const rpc = code === undefined ? undefined : errorCatalogue[code as ErrorCode]?.rpc;
    if (rpc !== undefined) span.setAttribute("rpc.response.status_code", String(rpc));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** The label of a failure; none for success. */
export function failureOf(end: OperationEnd): Attributes {
  const type = errorType(end);
  return type === undefined ? {} : { "error.type": type };
}
