/** Attacks with time: what was decided grows old before it is carried out, or outlives the consent that it was decided on. */
import { type ClientRequest, request as httpRequest, type ServerResponse } from "node:http";
import { profileKey, toolDigest } from "@permit-mcp-gateway/policies";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type GatewayFixture, type PolicyChange, startGateway } from "./gateway-fixture.ts";
import { type HttpAnswer, post, rpc, toolCall } from "./mcp-requests.ts";
import { MergedHost } from "./merged-fixture.ts";
import { listen } from "./upstream-fixture.ts";

const alice = "alice@example.com";
const json = { "content-type": "application/json" };
const events = { "content-type": "text/event-stream" };
const reviewed = { name: "create_issue", description: "Creates an issue.", inputSchema: { type: "object" } };
const pinned = { trust: "medium", digest: toolDigest("create_issue", reviewed) } as const;

let upstream: Awaited<ReturnType<typeof listen>>;
let gateway: GatewayFixture;
let grantId = "";
/** Messages that the upstream got, but for those that read its tools. */
const called: string[] = [];
const open: ServerResponse[] = [];
let listMs = 0;
let answer: (response: ServerResponse, id: unknown) => void;

beforeAll(async () => {
  upstream = await listen((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.once("end", () => {
      const { id, method } = JSON.parse(text) as { id: unknown; method: string };
      if (method === "tools/list") {
        const list = JSON.stringify({ jsonrpc: "2.0", id, result: { tools: [reviewed] } });
        return void setTimeout(() => response.writeHead(200, json).end(list), listMs);
      }
      called.push(method);
      open.push(response);
      answer(response, id);
    });
  });
});
afterAll(() => upstream.close());
beforeEach(async () => {
  // Another one each time: timers of a clock that is not there any more never run.
  gateway = await startGateway(upstream.url);
  listMs = 0;
  answer = (response, id) => response.writeHead(200, json).end(JSON.stringify({ jsonrpc: "2.0", id, result: {} }));
  called.length = open.length = 0;
  gateway.world.ceilings.set(alice, "high");
  grantId = gateway.connect(alice, "client-a", "high").id;
});
afterEach(async () => {
  vi.useRealTimers();
  await gateway.close();
});

const grantOf = () => {
  const grant = gateway.world.grants.get(grantId);
  if (grant === undefined) throw new Error("no grant");
  return grant;
};
const change = (grant: object) => void gateway.world.grants.set(grantId, { ...grantOf(), ...grant });
const revoke = () => change({ revokedAt: gateway.world.now });
const ended = () => ({ [profileKey(grantOf().email)]: [{ ceiling: "high", until: "2026-11-23" } as const] });
const token = () => `token-${grantId}`;
const decisions = () => gateway.world.audit.map(({ decision, code }) => `${decision} ${code}`);

describe("what is under way ends soon after its consent", () => {
  const ping = rpc("ping");
  const call = toolCall("create_issue");
  const stream = (response: ServerResponse): void =>
    void response.writeHead(200, events).write('data: {"jsonrpc":"2.0","method":"notifications/message"}\n\n');
  const silent = (): void => undefined;

  test.each<[string, Parameters<typeof post>[2], typeof stream, string, () => void]>([
    ["a stream of a call", call, stream, "GRANT_REVOKED", revoke],
    ["a stream that answers something else", ping, stream, "GRANT_REVOKED", revoke],
    ["a call that is not answered yet", call, silent, "GRANT_REVOKED", revoke],
    ["a call past the end of the consent", call, stream, "GRANT_EXPIRED", () => change({ expiresAt: new Date(0) })],
    [
      "a call past the end of the policy's grant",
      call,
      stream,
      "GRANT_ENDED",
      () => gateway.provision({ server: { grant_terms: ended() } }),
    ],
    [
      "a call whose consent is not stored any more",
      call,
      silent,
      "GRANT_REVOKED",
      () => gateway.world.grants.delete(grantId),
    ],
  ])("%s", async (_what, message, respond, code, end) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    answer = respond;
    const answered = post(gateway, token(), message);
    await expect.poll(() => open.length).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    const asked = gateway.world.asked.length;
    const still = await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 50, "open"))]);
    expect([still, open[0]?.destroyed, gateway.world.asked.length]).toEqual(["open", false, asked]);

    end();
    await vi.advanceTimersByTimeAsync(5_000);
    const { text } = await answered;
    const last = JSON.parse(text.slice(text.lastIndexOf('{"jsonrpc"'))) as HttpAnswer["body"];
    expect([last.id, last.error?.data.code]).toEqual([1, code]);
    expect(last.error?.data.reason).toContain("It may have taken effect.");
    await expect.poll(() => open[0]?.destroyed).toBe(true);
    const results = message === call ? [{ outcome: "failed", code }] : [];
    await expect.poll(() => gateway.world.results).toMatchObject(results);
    expect(decisions()).toEqual(message === call ? ["allow ALLOWED"] : []);
  });

  test("each call of a batch", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    answer = (response, id) => (id === 1 ? stream(response) : undefined);
    const body = [1, 2].map((id) => ({ ...toolCall("list_issues", {}, id).body, params: { name: "list_issues" } }));
    const headers = { "mcp-protocol-version": "2025-03-26" };
    const answered = post(gateway, token(), { headers, body });
    await expect.poll(() => open.length).toBe(2);
    revoke();
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await answered).text.match(/GRANT_REVOKED/g)).toHaveLength(2);
    await expect.poll(() => gateway.world.results.map(({ code }) => code)).toEqual(["GRANT_REVOKED", "GRANT_REVOKED"]);
  });

  test("not while another agent's does, and not at the first word of a database that does not answer", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    answer = stream;
    const answered = post(gateway, token(), call);
    await expect.poll(() => open.length).toBe(1);
    const own = grantId;
    grantId = gateway.connect(alice, "client-b", "high").id;
    revoke();
    grantId = own;
    gateway.world.storeFails = true;
    await vi.advanceTimersByTimeAsync(10_000);
    gateway.world.storeFails = false;
    await vi.advanceTimersByTimeAsync(5_000);
    gateway.world.storeFails = true;
    await vi.advanceTimersByTimeAsync(10_000);
    const still = await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 50, "open"))]);
    expect([still, open[0]?.destroyed]).toEqual(["open", false]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await answered).text).toContain("STORE_UNAVAILABLE");
    await expect.poll(() => gateway.world.results).toMatchObject([{ outcome: "failed", code: "STORE_UNAVAILABLE" }]);
  });

  test("a short call leaves nothing behind that runs", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    await post(gateway, token(), call);
    await expect.poll(() => gateway.world.results).toMatchObject([{ outcome: "answered" }]);
    // That of all calls, until it finds none.
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a call whose decision grew old is decided once more", () => {
  const limit = { max: 1, windowSeconds: 60 };
  const withTool = (tool: object, rest: PolicyChange = {}): void =>
    gateway.provision({ ...rest, tools: { create_issue: { ...pinned, ...tool } } });
  const call = () => post(gateway, token(), toolCall("create_issue"));

  test("and made where all is as it was, counted once", async () => {
    listMs = 600;
    withTool({ rate_limit: limit });
    expect((await call()).body.result).toEqual({});
    expect([called, decisions()]).toEqual([["tools/call"], ["allow ALLOWED"]]);
  });

  test.each<[string, string, () => void]>([
    ["the human revokes the agent", "GRANT_REVOKED", revoke],
    ["the consent ends", "GRANT_EXPIRED", () => change({ expiresAt: gateway.world.now })],
    ["the human's ceiling is taken away", "NO_GRANT", () => gateway.world.ceilings.delete(grantOf().email)],
    ["the policy's grant ends", "GRANT_ENDED", () => withTool({}, { server: { grant_terms: ended() } })],
    ["an admin reviews another definition", "TOOL_CHANGED", () => withTool({ digest: `sha256:${"0".repeat(64)}` })],
    ["calls of the tool are to wait for a human", "APPROVAL_REQUIRED", () => withTool({ approval: true })],
    ["the policy needs what this gateway has not", "POLICY_UNSUPPORTED", () => withTool({ requires: ["mutual-tls"] })],
  ])("and not made when meanwhile %s", async (_what, code, meanwhile) => {
    listMs = 600;
    withTool({});
    const answered = call();
    await expect.poll(() => gateway.world.asked.length).toBe(1);
    meanwhile();
    expect((await answered).body.error?.data.code).toBe(code);
    expect([called, decisions(), gateway.world.results]).toEqual([[], [`deny ${code}`], []]);
  });

  test("whose body comes slowly", async () => {
    const { headers, body } = toolCall("create_issue");
    const text = JSON.stringify(body);
    const answered = new Promise<string>((resolve, reject) => {
      const all = { ...json, ...headers, authorization: `Bearer ${token()}`, "content-length": text.length };
      const client: ClientRequest = httpRequest(`${gateway.url}/mcp/issues`, { method: "POST", headers: all });
      client.on("error", reject).on("response", (response) => {
        let said = "";
        response.on("data", (chunk: Buffer) => {
          said += chunk.toString();
        });
        response.once("end", () => resolve(said));
      });
      client.write(text.slice(0, 20));
      setTimeout(revoke, 200);
      setTimeout(() => client.end(text.slice(20)), 600);
    });
    expect(await answered).toContain("GRANT_REVOKED");
    expect([called, decisions()]).toEqual([[], ["deny GRANT_REVOKED"]]);
  });
});

describe("a result says what the server answered", () => {
  test.each<[number, Record<string, string>, string]>([
    [404, { "content-type": "text/html" }, "<p>gone</p>"],
    [404, {}, ""],
    [400, {}, ""],
    [429, { "content-type": "text/plain" }, "slow down"],
  ])("%i %o %j", async (status, headers, body) => {
    answer = (response) => response.writeHead(status, headers).end(body);
    await post(gateway, token(), toolCall("list_issues"));
    const result = { outcome: "failed", code: "UPSTREAM_STATUS", upstreamStatus: status };
    const reason = `The MCP server answered with status ${status}.`;
    await expect.poll(() => gateway.world.results).toMatchObject([{ ...result, reason }]);
  });

  test.each([202, 204])("%i to a request, which answers nothing", async (status) => {
    answer = (response) => response.writeHead(status).end();
    await post(gateway, token(), toolCall("list_issues"));
    const result = { outcome: "failed", code: "UPSTREAM_UNAVAILABLE", upstreamStatus: status };
    const reason = "The MCP server did not answer the request. It may have taken effect.";
    await expect.poll(() => gateway.world.results).toMatchObject([{ ...result, reason }]);
  });
});

describe("where a client has several servers", () => {
  let merged: MergedHost;
  const initialize = {
    ...{ jsonrpc: "2.0", id: 0, method: "initialize" },
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
  };
  const call = {
    ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
    params: { name: "wiki__list_issues", arguments: {} },
  };
  let wiki: Awaited<ReturnType<typeof listen>>;
  let openMs = 0;
  let forgets = false;
  const messages: string[] = [];
  const streams: ServerResponse[] = [];

  beforeAll(async () => {
    wiki = await listen((request, response) => {
      if (request.method === "GET") return void streams.push(response.writeHead(200, events));
      let text = "";
      request.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.once("end", () => {
        if (text === "") return void response.writeHead(204).end();
        const { id, method } = JSON.parse(text) as { id?: unknown; method: string };
        messages.push(method);
        if (id === undefined) return void response.writeHead(202).end();
        if (method === "tools/call" && forgets) return void response.writeHead(404).end();
        const result = method === "initialize" ? { protocolVersion: "2025-11-25", capabilities: {} } : { content: [] };
        const headers = { ...json, ...(method === "initialize" ? { "mcp-session-id": "s" } : {}) };
        const say = () => response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: "2.0", id, result }));
        setTimeout(say, method === "initialize" ? openMs : 0);
      });
    });
    merged = await MergedHost.start();
  });
  afterAll(async () => {
    await merged.close();
    await wiki.close();
  });
  const begin = async () => {
    await merged.reset({ upstream_url: wiki.url });
    openMs = messages.length = streams.length = 0;
    forgets = false;
    const agent = await merged.connect({ issues: "low", wiki: "low" });
    const session = (await merged.post(agent.token, { body: initialize })).headers.get("mcp-session-id") ?? "";
    const headers = { "mcp-session-id": session };
    const end = () => merged.human.post(`/api/grants/${agent.grants.get("wiki")}/revoke`, {});
    return { token: agent.token, headers, end };
  };
  const calls = () => messages.filter((method) => method === "tools/call").length;
  const inits = () => messages.filter((method) => method === "initialize").length;

  test("a call whose session takes long to open is not made when meanwhile its consent is revoked", async () => {
    const { token, headers, end } = await begin();
    openMs = 700;
    const answered = merged.post(token, { headers, body: call });
    await expect.poll(inits).toBe(1);
    await end();
    expect((await answered).body.error?.data.code).toBe("GRANT_REVOKED");
    expect(calls()).toBe(0);
  });

  test("nor sent again in another session", async () => {
    const { token, headers, end } = await begin();
    expect((await merged.post(token, { headers, body: call })).body.result).toEqual({ content: [] });
    openMs = 700;
    forgets = true;
    const answered = merged.post(token, { headers, body: call });
    await expect.poll(inits).toBe(2);
    await end();
    expect((await answered).body.error?.data.code).toBe("GRANT_REVOKED");
    expect(calls()).toBe(2);
  });

  test("the stream of one of them ends with its consent, and is not opened again", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { token, headers, end } = await begin();
    const gone = new AbortController();
    const asked = { ...headers, authorization: `Bearer ${token}`, accept: "text/event-stream" };
    const stream = await fetch(`${merged.host.publicUrl}/mcp`, { headers: asked, signal: gone.signal });
    await merged.post(token, { headers, body: call });
    await expect.poll(() => streams.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 600));
    await end();
    await vi.advanceTimersByTimeAsync(5_000);
    await expect.poll(() => streams[0]?.destroyed).toBe(true);
    for (let looks = 0; looks < 3; looks += 1) {
      await vi.advanceTimersByTimeAsync(5_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect([stream.status, streams.length]).toEqual([200, 1]);
    gone.abort();
  });
});
