/**
 * `node upstream.ts <port>`: the MCP server behind all that is measured. What is called often is answered by hand, from
 * text made before, so that it is not what limits anybody; connecting is left to the SDK. As servers of the SDK do, it
 * answers revision 2025-11-25 with event streams and 2026-07-28 with JSON. Also used by the soak.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type NodeIncomingMessageLike, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { toolCount, toolName } from "./messages.ts";

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly arguments?: { readonly bytes?: number; readonly note?: string } };
}

const other = toNodeHandler(
  createMcpHandler(() => new McpServer({ name: "benchmark", version: "1.0.0" }, { capabilities: { tools: {} } }), {
    keepAliveMs: 0,
  }),
);
const tools = JSON.stringify(
  Array.from({ length: toolCount }, (_, at) => ({
    name: toolName(at),
    description: "Returns as much text as is asked for.",
    inputSchema: { type: "object", properties: { bytes: { type: "integer" }, note: { type: "string" } } },
  })),
);
const fill = "The quick brown fox jumps over the lazy dog. ".repeat(3_000);
const sizes = new Map<number, string>();
function fillOf(bytes: number): string {
  const known = sizes.get(bytes) ?? fill.slice(0, bytes);
  sizes.set(bytes, known);
  return known;
}

function resultOf({ method, params }: Message): string | undefined {
  if (method === "tools/list") return `{"tools":${tools},"ttlMs":0,"cacheScope":"private","resultType":"complete"}`;
  if (method !== "tools/call") return undefined;
  const text = `${params?.arguments?.note} ${fillOf(params?.arguments?.bytes ?? 0)}`;
  return `{"content":[{"type":"text","text":${JSON.stringify(text)}}],"resultType":"complete"}`;
}

function answer(request: IncomingMessage, response: ServerResponse, message: Message): void {
  const result = resultOf(message);
  if (result === undefined) {
    if (message.method === "initialize") response.setHeader("mcp-session-id", randomUUID());
    void other(request as NodeIncomingMessageLike, response, message);
    return;
  }
  const json = `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${result}}`;
  const inEvents = request.headers["mcp-session-id"] !== undefined;
  const body = Buffer.from(inEvents ? `event: message\ndata: ${json}\n\n` : json);
  response.writeHead(200, {
    "content-type": inEvents ? "text/event-stream" : "application/json",
    "content-length": body.length,
  });
  response.end(body);
}

/** Says to clients how long they may keep idle connections: not beyond the end of the soak. */
const keepAliveTimeout = 20_000;
const server = createServer({ keepAliveTimeout }, (request, response) => {
  if (request.method === "GET") {
    // The stream of server messages, on which nothing happens.
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": open\n\n");
    return;
  }
  if (request.method === "DELETE") return void response.writeHead(200).end();
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => answer(request, response, JSON.parse(Buffer.concat(chunks).toString()) as Message));
});
server.listen(Number(process.argv[2]), "127.0.0.1");
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
