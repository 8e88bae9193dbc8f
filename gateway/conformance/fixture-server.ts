/**
 * An MCP server that has whatever the server scenarios of the conformance suite call, in both eras behind one address:
 * without sessions for 2026-07-28, with sessions and streams that can be resumed for the revisions before.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  toWebRequest,
} from "@modelcontextprotocol/node";
import {
  createMcpHandler,
  isInitializeRequest,
  isLegacyRequest,
  McpServer,
  type ServerNotifier,
} from "@modelcontextprotocol/server";
import { createEventStore } from "./event-store.ts";
import { registerInputRequired, requestState } from "./input-required.ts";
import { registerJsonSchemaTools } from "./json-schema-tools.ts";
import { registerLegacyRequests } from "./legacy-requests.ts";
import { registerResourcesAndPrompts } from "./resources-and-prompts.ts";
import { registerTools } from "./tools.ts";

/** A short time before the client comes back, so that the suite does not wait. */
const retryMs = 100;

type Era = "legacy" | "modern";

function createMcpServer(era: Era, changes: Pick<ServerNotifier, "toolsChanged" | "promptsChanged">): McpServer {
  const server = new McpServer(
    { name: "conformance-fixture", version: "1.0.0" },
    {
      capabilities: {
        logging: {},
        completions: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
      },
      requestState: { verify: requestState.verify },
    },
  );
  registerTools(server, changes);
  registerJsonSchemaTools(server);
  registerResourcesAndPrompts(server);
  if (era === "modern") {
    registerInputRequired(server);
  } else {
    registerLegacyRequests(server);
    // Accepted; nothing here ever changes.
    server.server.setRequestHandler("resources/subscribe", () => ({}));
    server.server.setRequestHandler("resources/unsubscribe", () => ({}));
  }
  return server;
}

function serveLegacy() {
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  return async (request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> => {
    const id = request.headers["mcp-session-id"];
    let transport = typeof id === "string" ? sessions.get(id) : undefined;
    if (transport === undefined) {
      if (id !== undefined || !isInitializeRequest(body)) {
        response.writeHead(id === undefined ? 400 : 404, { "content-type": "application/json" });
        response.end('{"jsonrpc":"2.0","error":{"code":-32000,"message":"No such session."},"id":null}');
        return;
      }
      const created = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        eventStore: createEventStore(),
        retryInterval: retryMs,
        onsessioninitialized: (session) => void sessions.set(session, created),
        onsessionclosed: (session) => void sessions.delete(session),
      });
      transport = created;
      const server = createMcpServer("legacy", {
        toolsChanged: () => server.sendToolListChanged(),
        promptsChanged: () => server.sendPromptListChanged(),
      });
      await server.connect(created);
    }
    await transport.handleRequest(request, response, body);
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
}

/** Resolves with the listening server. It answers on every path, on loopback only. */
export async function startFixtureServer(port: number): Promise<Server> {
  const modernHandler = createMcpHandler(() => createMcpServer("modern", modernHandler.notify), { legacy: "reject" });
  const modern = toNodeHandler(modernHandler);
  const legacy = serveLegacy();
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (!hostIsLocal(request, response) || !originIsLocal(request, response)) return;
    const body = await readJson(request);
    // Node types say that a request to a server may have no method.
    const asIncoming = request as NodeIncomingMessageLike;
    if (await isLegacyRequest(await toWebRequest(asIncoming, body))) await legacy(request, response, body);
    else await modern(asIncoming, response, body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}
