/** `/mcp` with several servers, through consent, with real clients of both generations. */
import { connect } from "node:net";
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { rpc, toolCall } from "./mcp-requests.ts";
import { type MergedAgent, MergedHost } from "./merged-fixture.ts";
import { listen } from "./upstream-fixture.ts";

let merged: MergedHost;
let agent: MergedAgent;
beforeAll(async () => {
  merged = await MergedHost.start();
  agent = await merged.connect({ issues: "medium", wiki: "low" });
});
beforeEach(() => merged.reset());
afterEach(() => vi.useRealTimers());
afterAll(() => merged.close());

const names = (tools: readonly { readonly name: string }[]) => tools.map(({ name }) => name);
const both = ["issues__ask", "issues__list_issues", "issues__create_issue", "wiki__list_issues"];
const url = () => new URL(`${merged.host.publicUrl}/mcp`);
const bearer = (token: string) => ({ requestInit: { headers: { authorization: `Bearer ${token}` } } });
const seen = () =>
  merged.host.calls.map((record) =>
    record.event === "tool_call" ? [record.server, record.tool, record.code, record.grantId] : record.event,
  );

/** SDK 1.x, with a session. */
async function openLegacy(token: string) {
  const transport = new StreamableHTTPClientTransport(url(), bearer(token));
  const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {} } });
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  return { client, transport };
}

const initialize = {
  body: {
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
  },
};
const sessionCall = (name: string, id = 1) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: {} },
});
const openSession = async (token: string) =>
  (await merged.post(token, initialize)).headers.get("mcp-session-id") ?? "no session";

describe("a consent to several servers", () => {
  test("is a grant, a record and a receipt for each, and one token", async () => {
    const before = merged.host.audit.length;
    const { client, grants } = await merged.connect({ issues: "high", wiki: "low" });
    const records = merged.host.audit.slice(before).filter(({ event }) => event === "consent");
    expect(records).toMatchObject([
      { server: "issues", level: "high", code: "CONSENTED", agent: { clientId: client.clientId } },
      { server: "wiki", level: "low", code: "CONSENTED", agent: { clientId: client.clientId } },
    ]);
    for (const [server, id] of grants) {
      const { body } = await merged.human.get(`/api/grants/${id}/receipt`);
      expect(body.receipt).toMatchObject({ grant_id: id, server: { key: server } });
    }
    expect([...merged.host.facts.consents].filter(([key]) => key.startsWith(client.clientId))).toHaveLength(2);
  });

  test("is all or nothing: what was given is taken back when one of them can't be", async () => {
    const { facts } = merged.host;
    const consents = facts.consents.size;
    facts.beforeWrite = (write) => {
      if (write === "give lead@example.com wiki low") throw new Error("Permit is away");
    };
    await expect(merged.connect({ issues: "high", wiki: "low" })).rejects.toThrow("500");
    facts.beforeWrite = () => undefined;
    expect(facts.consents.size).toBe(consents);
    const [ended] = merged.host.audit.slice(-1);
    expect(ended).toMatchObject({ event: "consent_ended", server: "issues", code: "CODE_NOT_ISSUED" });
  });
});

describe("lists and calls", () => {
  test("SDK 2.x: one list, each server with its own level; calls go to their server under its own names", async () => {
    const client = new ModernClient({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
    await client.connect(new ModernTransport(url(), bearer(agent.token)));
    expect(client.getInstructions()).toContain('"issues__" is Issue tracker, "wiki__" is Wiki');
    const listed = await client.listTools();
    expect(names(listed.tools)).toEqual(both);
    expect(listed._meta?.["permit-mcp-gateway/missing"]).toBeUndefined();
    merged.clear();
    await client.callTool({ name: "issues__create_issue", arguments: { note: 1 } });
    await client.callTool({ name: "wiki__list_issues", arguments: {} });
    expect([merged.issues.ran, merged.wiki.ran]).toEqual([["create_issue"], ["list_issues"]]);
    expect(merged.issues.requests.at(-1)?.headers["mcp-name"]).toBe("create_issue");
    expect(seen()).toEqual([
      ["issues", "create_issue", "ALLOWED", agent.grants.get("issues")],
      ["wiki", "list_issues", "ALLOWED", agent.grants.get("wiki")],
    ]);
    await expect(client.callTool({ name: "wiki__create_issue", arguments: {} })).rejects.toThrow("Permission denied");
    expect(merged.wiki.ran).toEqual(["list_issues"]);
    expect(names((await client.listPrompts()).prompts)).toEqual(["issues__greet"]);
    const prompt = await client.getPrompt({ name: "issues__greet", arguments: { name: "Ada" } });
    expect(JSON.stringify(prompt.messages)).toContain("Greet Ada.");
    await client.close();
  });

  test("SDK 1.x: sessions at the servers open when they are needed, and end with the client's", async () => {
    const { client, transport } = await openLegacy(agent.token);
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { word: "yes" } }));
    expect(merged.arrived).toBe(0);
    await expect(client.callTool({ name: "issues__delete_issue" })).rejects.toThrow("Permission denied");
    expect(merged.arrived).toBe(0);
    await client.callTool({ name: "issues__list_issues", arguments: {} });
    expect([merged.issues.ran, merged.wiki.requests]).toEqual([["list_issues"], []]);
    // The server's own request comes to the client and the answer back to the server.
    const asked = await client.callTool({ name: "issues__ask", arguments: {} });
    expect(JSON.stringify(asked.content)).toContain("yes");
    expect(names((await client.listTools()).tools)).toEqual(both);
    expect(names((await client.listPrompts()).prompts)).toEqual(["issues__greet"]);
    await client.ping();
    const opened = merged.issues.requests.filter(({ headers }) => headers["mcp-session-id"] === undefined);
    expect(opened).toHaveLength(1);
    await transport.terminateSession();
    for (const server of [merged.issues, merged.wiki]) expect(server.requests.at(-1)?.method).toBe("DELETE");
    await client.close();
  });

  test("a session that a server has forgotten is opened again, and the call recorded once", async () => {
    const session = await openSession(agent.token);
    const headers = { "mcp-session-id": session };
    const call = () => merged.post(agent.token, { headers, body: sessionCall("wiki__list_issues") });
    await call();
    merged.wiki.forgetSessions();
    merged.clear();
    expect((await call()).text).toContain("list_issues");
    expect([merged.wiki.ran, seen().length]).toEqual([["list_issues"], 1]);
  });

  test("of a batch each call goes to its own server, and a forbidden one nowhere", async () => {
    const headers = { "mcp-session-id": await openSession(agent.token) };
    const body = [
      sessionCall("issues__list_issues", 1),
      sessionCall("wiki__delete_issue", 2),
      sessionCall("wiki__list_issues", 3),
      sessionCall("list_issues", 4),
    ];
    const { text } = await merged.post(agent.token, { headers, body });
    expect(text).toContain("CONSENT_TOO_LOW");
    expect(text).toContain("TOOL_UNKNOWN");
    expect([merged.issues.ran, merged.wiki.ran]).toEqual([["list_issues"], ["list_issues"]]);
    expect(seen()).toHaveLength(4);
  });

  test("SDK 2.x opens a session when one of the servers knows nothing else", async () => {
    const old = await listen((request, response) => {
      request.resume();
      response.writeHead(400, { "content-type": "application/json" });
      response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Not initialized"}}');
    });
    try {
      await merged.reset({ upstream_url: old.url });
      const answer = await merged.post(agent.token, rpc("server/discover"));
      expect([answer.status, answer.body.error?.data.code]).toEqual([404, "METHOD_NOT_ALLOWED"]);
      const client = new ModernClient({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
      await client.connect(new ModernTransport(url(), bearer(agent.token)));
      const listed = await client.listTools();
      expect(names(listed.tools)).toEqual(both.slice(0, 3));
      expect(listed._meta?.["permit-mcp-gateway/missing"]).toMatchObject([{ server: "wiki" }]);
      await client.close();
    } finally {
      await old.close();
    }
  });

  test("what is not routed is not there", async () => {
    for (const method of ["resources/list", "resources/read", "logging/setLevel", "skills/list"]) {
      const answer = await merged.post(agent.token, rpc(method, { uri: "file:///x" }));
      const named = { "mcp-name": "file:///x" };
      const read = method === "resources/read" ? rpc(method, { uri: "file:///x" }) : undefined;
      const { status, body } =
        read === undefined
          ? answer
          : await merged.post(agent.token, { ...read, headers: { ...read.headers, ...named } });
      expect([method, status, body.error?.data.code]).toEqual([method, 404, "METHOD_NOT_ALLOWED"]);
    }
    const paged = await merged.post(agent.token, rpc("tools/list", { cursor: "x" }));
    expect(paged.body.error?.data.code).toBe("MESSAGE_INVALID");
    expect(merged.arrived).toBe(0);
  });
});

describe("names as attacks: no server hears of them, one record each", () => {
  test.each([
    "list_issues",
    "__list_issues",
    "issues_list_issues",
    "Issues__list_issues",
    "iſſues__list_issues",
    "issues\u200b__list_issues",
    " issues__list_issues",
    "other__list_issues",
    "mcp__list_issues",
    "issues/wiki__list_issues",
    "__proto__",
    "constructor__list_issues",
    "",
  ])("%j", async (name) => {
    const encoded = /^[\x21-\x7e]+$/.test(name) ? name : `=?base64?${Buffer.from(name).toString("base64")}?=`;
    const { headers, body } = toolCall(name);
    const answer = await merged.post(agent.token, { headers: { ...headers, "mcp-name": encoded }, body });
    expect(answer.body.error).toMatchObject({ code: -32004, data: { code: "TOOL_UNKNOWN" } });
    expect(seen()).toEqual([[null, name, "TOOL_UNKNOWN", expect.any(String)]]);
    expect(merged.arrived).toBe(0);
  });

  test.each([
    "issues__issues__list_issues",
    "issues__wiki__list_issues",
    "issues___list_issues",
    "issues__List_issues",
    "issues__",
  ])("%j is a tool of issues that the policy does not know", async (name) => {
    const answer = await merged.post(agent.token, toolCall(name));
    expect(answer.body.error?.data).toMatchObject({ code: "TOOL_UNKNOWN", server: "issues", tool: name.slice(8) });
    expect(seen()).toEqual([["issues", name.slice(8), "TOOL_UNKNOWN", agent.grants.get("issues")]]);
    expect(merged.arrived).toBe(0);
  });

  test.each([
    ["the name at the server", { "mcp-name": "list_issues" }],
    ["another server", { "mcp-name": "wiki__list_issues" }],
    ["another tool", { "mcp-name": "issues__create_issue" }],
    ["another method", { "mcp-method": "tools/list" }],
    ["another revision", { "mcp-protocol-version": "2025-11-25" }],
  ])("headers that name %s", async (_what, changed) => {
    const { headers, body } = toolCall("issues__list_issues");
    const answer = await merged.post(agent.token, { headers: { ...headers, ...changed }, body });
    expect(answer.body.error).toMatchObject({ code: -32020, data: { code: "HEADER_MISMATCH" } });
    expect(seen()).toEqual([["issues", "list_issues", "HEADER_MISMATCH", agent.grants.get("issues")]]);
    expect(merged.arrived).toBe(0);
  });

  test("a server that the human did not choose can't be reached, whatever its ceiling", async () => {
    const { token } = await merged.connect({ issues: "low" });
    merged.clear();
    // One server alone: its own names, no prefix.
    expect((await merged.post(token, toolCall("wiki__list_issues"))).body.error?.data.code).toBe("TOOL_UNKNOWN");
    expect((await merged.post(token, toolCall("list_issues"))).body.result).toBeDefined();
    expect(merged.wiki.requests).toEqual([]);
  });
});

describe("the end of one of them", () => {
  test("takes its tools from the list and refuses its calls; the last one ends the token", async () => {
    const { token, grants, client, refresh } = await merged.connect({ issues: "medium", wiki: "low" });
    const list = async () => {
      const { result } = (await merged.post(token, rpc("tools/list"))).body;
      return [names(result?.tools as { name: string }[]), result?._meta];
    };
    await merged.human.post(`/api/grants/${grants.get("wiki")}/revoke`, {});
    merged.clear();
    expect(await list()).toEqual([both.slice(0, 3), undefined]);
    const { status, headers, body } = await merged.post(token, toolCall("wiki__list_issues"));
    // Not 401: the token goes on.
    expect([status, headers.get("www-authenticate")]).toEqual([200, null]);
    expect(body.error).toMatchObject({ code: -32004, data: { code: "GRANT_REVOKED", server: "wiki" } });
    expect(seen()).toEqual([["wiki", "list_issues", "GRANT_REVOKED", grants.get("wiki")]]);
    expect(merged.wiki.requests).toEqual([]);
    const renewed = await client.refresh(refresh);
    expect(renewed.status).toBe(200);

    merged.host.facts.ceilingsOf["lead@example.com"] = { issues: "low", wiki: "high" };
    expect(await list()).toEqual([["issues__ask", "issues__list_issues"], undefined]);
    const low = await merged.post(token, toolCall("issues__create_issue"));
    expect(low.body.error?.data.code).toBe("CEILING_TOO_LOW");

    await merged.human.post(`/api/grants/${grants.get("issues")}/revoke`, {});
    const over = await merged.post(token, rpc("tools/list"));
    expect([over.status, over.body.error?.data.code]).toEqual([401, "GRANT_REVOKED"]);
    expect(over.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect((await client.refresh(String(renewed.body.refresh_token))).status).toBe(400);
  });

  test("by the client ends them all", async () => {
    const { token, client, grants } = await merged.connect({ issues: "low", wiki: "low" });
    await client.form("/api/auth/oauth2/revoke", { token, client_id: client.clientId });
    expect((await merged.post(token, rpc("tools/list"))).status).toBe(401);
    const ended = merged.host.audit.filter(({ event }) => event === "consent_ended").slice(-2);
    expect(ended).toMatchObject([
      { grantId: grants.get("issues"), code: "REVOKED_BY_CLIENT" },
      { grantId: grants.get("wiki"), code: "REVOKED_BY_CLIENT" },
    ]);
  });

  test("is told on open streams of both eras", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { token, grants } = await merged.connect({ issues: "low", wiki: "low" });
    const session = await openSession(token);
    const listen = rpc("subscriptions/listen", { notifications: { toolsListChanged: true, promptsListChanged: true } });
    const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream, application/json" };
    const streams = await Promise.all([
      fetch(url(), { headers: { ...headers, "mcp-session-id": session } }),
      fetch(url(), {
        method: "POST",
        headers: { ...headers, ...listen.headers, "content-type": "application/json" },
        body: JSON.stringify(listen.body),
      }),
    ]);
    const said = ["", ""];
    const ended = streams.map(async ({ body }, index) => {
      try {
        for await (const chunk of body ?? []) said[index] += new TextDecoder().decode(chunk);
        return "ended";
      } catch {
        return "cut";
      }
    });
    const changed = () => said.map((text) => text.split("notifications/tools/list_changed").length - 1);
    const lists = vi.spyOn(merged.host.grants, "ofConnection");
    // A stream compares its list at once and at every third look; each look is one read of the connection.
    const look = async () => {
      const before = lists.mock.settledResults.length;
      await vi.advanceTimersByTimeAsync(5_000);
      await expect.poll(() => lists.mock.settledResults.length).toBeGreaterThanOrEqual(before + 2);
    };
    await look();
    await merged.human.post(`/api/grants/${grants.get("wiki")}/revoke`, {});
    await look();
    expect(changed()).toEqual([0, 0]);
    await look();
    await expect.poll(changed).toEqual([1, 1]);
    expect(said[1]).toContain('"params":{"notifications":{"toolsListChanged":true}');
    await merged.human.post(`/api/grants/${grants.get("issues")}/revoke`, {});
    await look();
    expect(await Promise.all(ended)).toEqual(["cut", "cut"]);
    lists.mockRestore();
  });
});

describe("sessions", () => {
  test("are of one agent, and of this address", async () => {
    const session = await openSession(agent.token);
    const thief = await merged.connect({ issues: "high", wiki: "high" });
    const single = await merged.connect({ issues: "high" });
    const singleSession = await openSession(single.token);
    merged.clear();
    for (const [token, id] of [
      [thief.token, session],
      [single.token, session],
      [agent.token, singleSession],
      [agent.token, `${session}A`],
      [agent.token, "x"],
    ] as const) {
      const headers = { "mcp-session-id": id };
      const answer = await merged.post(token, { headers, body: sessionCall("issues__list_issues") });
      expect([answer.status, answer.body.error?.data.code]).toEqual([404, "SESSION_UNKNOWN"]);
      for (const method of ["GET", "DELETE"]) {
        const asked = {
          method,
          headers: { ...headers, authorization: `Bearer ${token}`, accept: "text/event-stream" },
        };
        expect((await fetch(url(), asked)).status).toBe(404);
      }
    }
    const none = await merged.post(agent.token, { body: sessionCall("issues__list_issues") });
    expect(none.status).toBe(404);
    expect(merged.arrived).toBe(0);
    // Six calls, and of each stolen or invented session the stream and the end.
    expect(merged.host.calls.map(({ event, code }) => `${event} ${code}`).toSorted()).toEqual([
      ...Array.from({ length: 10 }, () => "request SESSION_UNKNOWN"),
      ...Array.from({ length: 6 }, () => "tool_call SESSION_UNKNOWN"),
    ]);
  });

  test("an answer that no server has asked for is refused", async () => {
    const headers = { "mcp-session-id": await openSession(agent.token) };
    for (const id of [1, "1", "issues__1", 'issues__{"a":1}', "other__1", "wiki__x"]) {
      const answer = await merged.post(agent.token, { headers, body: { jsonrpc: "2.0", id, result: {} } });
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("MESSAGE_INVALID")]);
    }
    expect(merged.arrived).toBe(0);
  });

  test("serve any replica", async () => {
    const headers = { "mcp-session-id": await openSession(agent.token) };
    await merged.post(agent.token, { headers, body: sessionCall("wiki__list_issues") });
    const { kysely } = merged.host.database;
    const rows = await kysely.selectFrom("gateway_merged_upstream").selectAll().execute();
    const upstreamId = String(merged.wiki.requests.at(-1)?.headers["mcp-session-id"]);
    expect(upstreamId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(rows)).not.toContain(upstreamId);
    const replica = await merged.replica();
    const again = { ...headers, "content-type": "application/json", authorization: `Bearer ${agent.token}` };
    const answer = await replica.app.inject({
      ...{ method: "POST", url: "/mcp", headers: { ...again, host: new URL(merged.host.publicUrl).host } },
      payload: sessionCall("wiki__list_issues"),
    });
    expect(answer.payload).toContain("list_issues");
    // In the same session at the server.
    expect(merged.wiki.requests.at(-1)?.headers["mcp-session-id"]).toBe(upstreamId);
    await replica.app.close();
  });
});

describe("a server that does not answer", () => {
  test("holds nobody up: its tools are missing, and the answer says so", async () => {
    const hung = await listen((request) => void request.resume());
    try {
      await merged.reset({ upstream_url: hung.url });
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const listed = merged.post(agent.token, rpc("tools/list"));
      await vi.waitFor(() => expect(merged.issues.requests.length).toBeGreaterThan(0));
      await vi.advanceTimersByTimeAsync(5_000);
      const { result } = (await listed).body;
      expect(names(result?.tools as { name: string }[])).toEqual(both.slice(0, 3));
      expect(result).toMatchObject({ ttlMs: 0, cacheScope: "private" });
      expect(result?._meta).toEqual({
        "permit-mcp-gateway/missing": [
          { server: "wiki", code: "UPSTREAM_TIMEOUT", reason: '"wiki" did not answer within 5 s.' },
        ],
      });
    } finally {
      await hung.close();
    }
  });

  test("with its stream holds no call up", async () => {
    const target = new URL(merged.wiki.url);
    // The server itself, but for its stream of messages: that one never answers.
    const silent = await listen((request, response) => {
      if (request.method === "GET") return;
      const socket = connect(Number(target.port), target.hostname);
      const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}`);
      socket.write(`${request.method} /mcp HTTP/1.0\r\n${headers.join("\r\n")}\r\n\r\n`);
      request.pipe(socket, { end: false });
      socket.pipe(response.socket as NodeJS.WritableStream);
    });
    const ended = new AbortController();
    try {
      await merged.reset({ upstream_url: silent.url });
      const headers = { "mcp-session-id": await openSession(agent.token) };
      const stream = await fetch(url(), {
        headers: { ...headers, authorization: `Bearer ${agent.token}`, accept: "text/event-stream" },
        signal: ended.signal,
      });
      expect(stream.status).toBe(200);
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const called = merged.post(agent.token, { headers, body: sessionCall("wiki__list_issues") });
      await vi.waitFor(async () => {
        await vi.advanceTimersByTimeAsync(2_000);
        expect(merged.wiki.ran).toEqual(["list_issues"]);
      });
      expect((await called).status).toBe(200);
    } finally {
      ended.abort();
      await silent.close();
    }
  });

  test("is the answer when none of them does", async () => {
    const { url: gone, close } = await listen(() => undefined);
    await close();
    await merged.reset({ upstream_url: gone });
    const { token, grants } = await merged.connect({ issues: "low", wiki: "low" });
    await merged.human.post(`/api/grants/${grants.get("issues")}/revoke`, {});
    const { body } = await merged.post(token, rpc("tools/list"));
    expect(body.error?.data).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
  });
});

test("all pages of a server are read, up to a bound; one that lists in a circle is left out", async () => {
  let endless = false;
  const paged = await listen((request, response) => {
    void request.toArray().then((chunks) => {
      const { id, params } = JSON.parse(Buffer.concat(chunks).toString()) as {
        id: unknown;
        params: { cursor?: string };
      };
      const page = Number(params.cursor ?? 0);
      const more = endless || page < 2 ? { nextCursor: endless ? "0" : String(page + 1) } : {};
      const tools = [{ name: ["list_issues", "create_issue", "delete_issue"][page], inputSchema: { type: "object" } }];
      const result = { tools, ...more, resultType: "complete", ttlMs: 60_000, cacheScope: "public" };
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });
  });
  try {
    await merged.reset({ upstream_url: paged.url });
    const { token } = await merged.connect({ issues: "low", wiki: "high" });
    const list = async () => (await merged.post(token, rpc("tools/list"))).body.result;
    expect(names((await list())?.tools as { name: string }[]).slice(2)).toEqual([
      "wiki__list_issues",
      "wiki__create_issue",
      "wiki__delete_issue",
    ]);
    endless = true;
    expect((await list())?._meta).toMatchObject({
      "permit-mcp-gateway/missing": [{ server: "wiki", code: "UPSTREAM_UNAVAILABLE" }],
    });
  } finally {
    await paged.close();
  }
});

test("sessions that nobody uses for a week are deleted", async () => {
  const { host } = merged;
  await merged.post(agent.token, {
    headers: { "mcp-session-id": await openSession(agent.token) },
    body: sessionCall("wiki__list_issues"),
  });
  host.time.aheadMs = 6 * 24 * 60 * 60_000;
  await host.server.maintain();
  expect(await host.count("gateway_merged_session")).toBeGreaterThan(0);
  host.time.aheadMs = 8 * 24 * 60 * 60_000;
  await host.server.maintain();
  expect(await host.count("gateway_merged_session")).toBe(0);
});
