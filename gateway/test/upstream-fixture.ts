/** Upstream MCP servers for the tests: real ones of the SDK, sessions and all, and one that answers as it is told. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
} from "@modelcontextprotocol/node";
import { createMcpHandler, isInitializeRequest, isLegacyRequest, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

export interface UpstreamFixture {
  readonly url: string;
  /** Tools that ran, in order. */
  readonly ran: string[];
  /** Every HTTP request that arrived. */
  readonly requests: { method: string; headers: IncomingMessage["headers"] }[];
  /** Ends all sessions, as a restart does. */
  forgetSessions(): void;
  close(): Promise<void>;
}

export const toolNames = ["list_issues", "create_issue", "delete_issue", "hidden_tool"] as const;

/** What a test adds to a server. */
export type Extend = (server: McpServer) => void;

/** A server with `toolNames`, which notes what ran. */
export function createTools(ran: string[], extend: Extend = () => undefined): McpServer {
  const server = new McpServer({ name: "fixture", version: "1.0.0" });
  extend(server);
  for (const name of toolNames) {
    server.registerTool(
      name,
      { description: name, inputSchema: z.object({ note: z.unknown().optional() }) },
      async ({ note }) => {
        ran.push(name);
        return { content: [{ type: "text", text: JSON.stringify({ name, note }) }] };
      },
    );
  }
  return server;
}

/** Listens on a free loopback port. */
export async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly url: string; readonly server: Server; close(): Promise<void> }> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    url: `http://127.0.0.1:${port}/mcp`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A real MCP server: stateless for 2026-07-28, with sessions and a GET stream for the revisions before. */
export async function startUpstream(extend?: Extend): Promise<UpstreamFixture> {
  const ran: string[] = [];
  const requests: UpstreamFixture["requests"] = [];
  const modern = toNodeHandler(createMcpHandler(() => createTools(ran, extend), { legacy: "reject", keepAliveMs: 0 }));
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();

  const legacy = async (request: IncomingMessage, response: ServerResponse, body: unknown) => {
    const id = request.headers["mcp-session-id"];
    let transport = typeof id === "string" ? sessions.get(id) : undefined;
    if (transport === undefined) {
      if (id !== undefined || !isInitializeRequest(body)) {
        response.writeHead(id === undefined ? 400 : 404, { "content-type": "application/json" });
        response.end('{"jsonrpc":"2.0","error":{"code":-32000,"message":"no session"},"id":null}');
        return;
      }
      const created = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (session) => void sessions.set(session, created),
      });
      transport = created;
      await createTools(ran, extend).connect(created);
    }
    await transport.handleRequest(request, response, body);
  };

  const listening = await listen((request, response) => {
    requests.push({ method: request.method ?? "", headers: request.headers });
    const answer = async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const body: unknown = chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
      const asFetch = new Request("http://upstream/mcp", {
        method: request.method ?? "GET",
        headers: Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (await isLegacyRequest(asFetch, body)) await legacy(request, response, body);
      else await modern(request as NodeIncomingMessageLike, response, body);
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  return { url: listening.url, ran, requests, forgetSessions: () => sessions.clear(), close: listening.close };
}
