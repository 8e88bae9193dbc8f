/** Clients of one era at servers of the other, all of them real: what works, and what is said where it can't. */
import { randomUUID } from "node:crypto";
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import {
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
} from "@modelcontextprotocol/node";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { createMcpHandler, inputRequired, McpServer } from "@modelcontextprotocol/server";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post } from "./mcp-requests.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
const ran: string[] = [];
const seen: string[] = [];

function createServer(): McpServer {
  const server = new McpServer({ name: "fixture", version: "1.0.0" }, { instructions: "Be kind." });
  const text = (said: string) => ({ content: [{ type: "text" as const, text: said }] });
  server.registerTool("list_issues", { inputSchema: z.object({ what: z.string().optional() }) }, async ({ what }) => {
    ran.push("list_issues");
    if (what !== "ask") return text(`listed ${what}`);
    const message = "Which?";
    const requestedSchema = { type: "object" as const, properties: { which: { type: "string" as const } } };
    return inputRequired({ inputRequests: { which: inputRequired.elicit({ message, requestedSchema }) } });
  });
  server.registerTool("delete_issue", {}, async () => {
    ran.push("delete_issue");
    return text("deleted");
  });
  server.registerResource("notes", "notes://one/1", {}, async (uri) => ({
    contents: [{ uri: uri.href, text: "Notes" }],
  }));
  server.registerPrompt("grüßen", {}, async () => ({
    messages: [{ role: "user" as const, content: { type: "text" as const, text: "Hello" } }],
  }));
  return server;
}

let modernOnly: Awaited<ReturnType<typeof listen>>;
let legacyOnly: Awaited<ReturnType<typeof listen>>;
let gateways: Readonly<Record<"modern" | "legacy", GatewayFixture>>;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  const modern = toNodeHandler(createMcpHandler(createServer, { legacy: "reject", keepAliveMs: 0 }));
  modernOnly = await listen((request, response) => {
    seen.push(`${request.headers["mcp-method"]} ${request.headers["mcp-session-id"]}`);
    void modern(request as NodeIncomingMessageLike, response);
  });
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  legacyOnly = await listen((request, response) => {
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? sessions.get(id) : undefined;
    const opened = () => {
      const transport: NodeStreamableHTTPServerTransport = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (session) => void sessions.set(session, transport),
      });
      return createServer()
        .connect(transport)
        .then(() => transport);
    };
    void Promise.resolve(known ?? opened()).then((transport) => transport.handleRequest(request, response));
  });
  gateways = { modern: await startGateway(modernOnly.url), legacy: await startGateway(legacyOnly.url) };
});
afterAll(async () => {
  for (const gateway of Object.values(gateways)) {
    // A client that was closed while it opened its stream leaves a connection without a request, which is not idle.
    gateway.app.server.closeAllConnections();
    await gateway.close();
  }
  await modernOnly.close();
  await legacyOnly.close();
});
beforeEach(() => {
  ran.length = 0;
  seen.length = 0;
  for (const [era, gateway] of Object.entries(gateways)) {
    gateway.world.ceilings.set(alice, "high");
    gateway.world.audit.length = 0;
    tokens[era] = `token-${gateway.connect(alice, "client-a", "low").id}`;
  }
});

type Mode = "legacy" | "auto" | { readonly pin: string };
async function sdk2(era: "modern" | "legacy", mode: Mode) {
  const client = new ClientV2({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  const requestInit = { headers: { authorization: `Bearer ${tokens[era]}` } };
  await client.connect(new HttpV2(new URL(`${gateways[era].url}/mcp/issues`), { requestInit }));
  return client;
}
async function sdk1(era: "modern" | "legacy") {
  const client = new ClientV1({ name: "test", version: "1" });
  const requestInit = { headers: { authorization: `Bearer ${tokens[era]}` } };
  const transport = new HttpV1(new URL(`${gateways[era].url}/mcp/issues`), { requestInit });
  await client.connect(transport as Parameters<ClientV1["connect"]>[0]);
  return client;
}

describe("a server without sessions", () => {
  test.each<[string, () => Promise<ClientV1 | ClientV2>]>([
    ["SDK 1.x", () => sdk1("modern")],
    ["SDK 2.x that speaks the older revisions", () => sdk2("modern", "legacy")],
  ])("has its lists, calls, resources and prompts for %s", async (_, connect) => {
    const client = (await connect()) as ClientV1;
    expect(client.getServerVersion()).toMatchObject({ name: "fixture", version: "1.0.0" });
    expect(client.getInstructions()).toBe("Be kind.");
    expect(client.getServerCapabilities()).toEqual({ tools: {}, resources: {}, prompts: {} });
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["list_issues"]);
    const call = { name: "list_issues", arguments: { what: "all" } };
    expect(await client.callTool(call)).toMatchObject({ content: [{ type: "text", text: "listed all" }] });
    expect((await client.listResources()).resources).toHaveLength(1);
    expect((await client.readResource({ uri: "notes://one/1" })).contents).toMatchObject([{ text: "Notes" }]);
    expect((await client.getPrompt({ name: "grüßen" })).messages).toHaveLength(1);
    await client.ping();
    await expect(client.callTool({ name: "delete_issue", arguments: {} })).rejects.toThrow(/Permission denied/);
    await expect(client.readResource({ uri: "notes://none" })).rejects.toThrow();
    await expect(client.callTool({ name: "list_issues", arguments: { what: "ask" } })).rejects.toThrow();
    expect(ran).not.toContain("delete_issue");
    expect(seen.every((line) => line.endsWith(" undefined"))).toBe(true);
    await client.close();
  });

  test.each<[Mode]>([["auto"], [{ pin: "2026-07-28" }]])("is not translated for SDK 2.x in mode %j", async (mode) => {
    const client = await sdk2("modern", mode);
    expect(client.getProtocolEra()).toBe("modern");
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["list_issues"]);
    await client.close();
  });

  test("a method that is not translated, and a server that learned the older revisions meanwhile", async () => {
    const gateway = gateways.modern;
    const headers = { "mcp-protocol-version": "2025-11-25" };
    const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    expect((await post(gateway, tokens.modern, { headers, body: list })).body.result).toMatchObject({ tools: [{}] });
    const subscribe = { jsonrpc: "2.0", id: 2, method: "resources/subscribe", params: { uri: "notes://one/1" } };
    expect((await post(gateway, tokens.modern, { headers, body: subscribe })).body).toMatchObject({
      id: 2,
      error: { code: -32601 },
    });
    seen.length = 0;
    await post(gateway, tokens.modern, { headers, body: list });
    expect(seen).toEqual(["tools/list undefined"]);
    gateway.world.now = new Date(gateway.world.now.getTime() + 11 * 60_000);
    seen.length = 0;
    await post(gateway, tokens.modern, { headers, body: list });
    expect(seen).toEqual(["undefined undefined", "tools/list undefined"]);
  });
});

describe("a server with sessions only", () => {
  test.each<[Mode]>([["auto"], ["legacy"]])("SDK 2.x in mode %j finds to its revision by itself", async (mode) => {
    const client = await sdk2("legacy", mode);
    expect(client.getProtocolEra()).toBe("legacy");
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["list_issues"]);
    await client.callTool({ name: "list_issues", arguments: { what: "all" } });
    expect(ran).toEqual(["list_issues"]);
    await client.close();
  });

  test("a client that knows the newer revision only is told so, and nothing runs", async () => {
    await expect(sdk2("legacy", { pin: "2026-07-28" })).rejects.toThrow(/did not offer|nsupported protocol version/);
    expect(ran).toEqual([]);
  });
});
