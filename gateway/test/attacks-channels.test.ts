/** Attacks from servers that are no streamable HTTP of today: programs, HTTP+SSE, and those behind the bridge; and on each other's sessions. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServerTransport } from "@permit-mcp-gateway/policies";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createUpstreams } from "../src/adapters/upstreams.ts";
import { TestClient, tokensOf } from "../src/oauth/testing/test-client.ts";
import { TestHost } from "../src/oauth/testing/test-host.ts";
import { openMemoryDatabase } from "../testing/memory-database.ts";
import { testLog } from "../testing/test-log.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { type HttpAnswer, post, toolCall } from "./mcp-requests.ts";
import { type OAuthUpstream, startOAuthUpstream } from "./oauth-upstream-fixture.ts";
import { listen } from "./upstream-fixture.ts";

const humans = ["alice@example.com", "bob@example.com", "carol@example.com"] as const;
const [alice, bob, carol] = humans;
const initialize = {
  body: {
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
  },
};
const callOf = (what: string, id = 1) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "list_issues", arguments: { what } },
});
const soon = { timeout: 5_000, interval: 20 };
/** All that was logged in this process, see `testLog`. */
const keptLog = () => readFileSync(join(process.env.TEST_LOG_DIR ?? "", `${process.pid}.log`), "utf8");
const failed = (code: string, answer: HttpAnswer) => expect(answer.text).toContain(`"code":"${code}"`);

let gateway: GatewayFixture;
const tokenOf = (human: string) => `token-${gateway.connect(human, "client-a", "low").id}`;
const settle = async (to: GatewayFixture) => {
  for (const human of humans) to.world.ceilings.set(human, "high");
};

async function open(token: string): Promise<{ readonly "mcp-session-id": string }> {
  const { status, headers, text } = await post(gateway, token, initialize);
  expect(status, text).toBe(200);
  return { "mcp-session-id": headers.get("mcp-session-id") ?? "" };
}

/** A request whose client can go away. */
function leaving(token: string, body: unknown, headers = {}): AbortController {
  const gone = new AbortController();
  void fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    headers: {
      ...{ authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...{ accept: "application/json, text/event-stream", ...headers },
    },
    body: JSON.stringify(body),
    signal: gone.signal,
  }).catch(() => undefined);
  return gone;
}

describe("a server that speaks HTTP+SSE", () => {
  let upstream: Awaited<ReturnType<typeof listen>>;
  let stream: ServerResponse | undefined;
  let gets = 0;
  let closedGets = 0;
  const posted: { readonly id?: number; readonly method?: string }[] = [];
  let onGet: (response: ServerResponse) => void = () => undefined;
  let onPost: (message: { id?: number; method?: string }, response: ServerResponse) => void = () => undefined;
  const event = (data: string, name = "message") => `event: ${name}\ndata: ${data}\n\n`;
  const say = (message: object | string) =>
    stream?.write(event(typeof message === "string" ? message : JSON.stringify({ jsonrpc: "2.0", ...message })));

  const begin = (response: ServerResponse, address = "/messages") => {
    stream = response.writeHead(200, { "content-type": "text/event-stream" });
    stream.write(event(address, "endpoint"));
  };
  const answerAll: typeof onPost = ({ id, method }, response) => {
    response.writeHead(202).end();
    const serverInfo = { name: "old", version: "1" };
    if (method === "initialize") say({ id, result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo } });
    else if (method === "tools/call") say({ id, result: { content: [{ type: "text", text: "well" }] } });
  };

  beforeAll(async () => {
    upstream = await listen((request: IncomingMessage, response: ServerResponse) => {
      if (request.method === "GET") {
        gets += 1;
        response.on("close", () => {
          closedGets += 1;
        });
        return onGet(response);
      }
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const message = JSON.parse(Buffer.concat(chunks).toString()) as (typeof posted)[number];
        posted.push(message);
        onPost(message, response);
      });
    });
  });
  afterAll(() => upstream.close());
  beforeEach(async () => {
    gets = 0;
    closedGets = 0;
    posted.length = 0;
    onGet = (response) => begin(response);
    onPost = answerAll;
    gateway = await startGateway(upstream.url, { sessionLimits: { idleMs: 60_000, perHuman: 1, all: 1 } });
    await settle(gateway);
    gateway.provision({ server: { transport: { type: "sse" }, timeout_seconds: 1 } });
  });
  afterEach(() => gateway.close());

  test("that sends no headers: the call ends in its time, and so does the connection", async () => {
    onGet = () => undefined;
    const token = tokenOf(alice);
    failed("UPSTREAM_TIMEOUT", await post(gateway, token, initialize));
    await vi.waitFor(() => expect([gets, closedGets]).toEqual([1, 1]), soon);
    // Nor does it hold the one place that there is.
    onGet = (response) => begin(response);
    await open(token);
    expect(posted.map(({ method }) => method)).toEqual(["initialize"]);
  });

  test("that sends no headers to a client that goes away, and at the end of the gateway", async () => {
    gateway.provision({ server: { transport: { type: "sse" } } });
    onGet = () => undefined;
    const gone = leaving(tokenOf(alice), initialize.body);
    await vi.waitFor(() => expect(gets).toBe(1), soon);
    gone.abort();
    await vi.waitFor(() => expect(closedGets).toBe(1), soon);
    const waits = leaving(tokenOf(bob), initialize.body);
    await vi.waitFor(() => expect(gets).toBe(2), soon);
    waits.abort();
    const startedMs = performance.now();
    await gateway.close();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await vi.waitFor(() => expect(closedGets).toBe(2), soon);
    expect(posted).toEqual([]);
  });

  test("that names its address after the call has ended is not sent the call any more", async () => {
    onGet = (response) => {
      stream = response;
    };
    const token = tokenOf(alice);
    failed("UPSTREAM_TIMEOUT", await post(gateway, token, toolCall("list_issues")));
    if (stream === undefined) throw new Error("no connection");
    begin(stream);
    const next = await post(gateway, token, toolCall("list_issues", {}, 2));
    expect(next.text).toContain("well");
    expect(posted).toMatchObject([{ id: 2, method: "tools/call" }]);
    expect(gets).toBe(1);
  });

  test("that does not take what is posted: the call ends in its time, the next one works", async () => {
    const token = tokenOf(alice);
    const headers = await open(token);
    let heldClosed = false;
    onPost = (_message, response) => {
      response.on("close", () => {
        heldClosed = true;
      });
      onPost = answerAll;
    };
    const startedMs = performance.now();
    failed("UPSTREAM_TIMEOUT", await post(gateway, token, { headers, body: callOf("held") }));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await vi.waitFor(() => expect(heldClosed).toBe(true), soon);
    expect((await post(gateway, token, { headers, body: callOf("again", 2) })).text).toContain("well");
    expect(posted).toContainEqual(expect.objectContaining({ method: "notifications/cancelled" }));
  });

  test("that answers before it has taken what was posted: the client has its answer", async () => {
    const token = tokenOf(alice);
    const headers = await open(token);
    onPost = ({ id }) => say({ id, result: { content: [{ type: "text", text: "x".repeat(100_000) }] } });
    const { text } = await post(gateway, token, { headers, body: callOf("held") });
    expect(text).toContain("xxxx");
    expect(text).not.toContain("UPSTREAM_TIMEOUT");
  });

  test("that does not take a notification: its client hears of it in time, the next call works", async () => {
    const token = tokenOf(alice);
    const headers = await open(token);
    onPost = () => undefined;
    const body = { jsonrpc: "2.0", method: "notifications/initialized" };
    expect((await post(gateway, token, { headers, body })).text).toContain("did not finish within 1 s");
    onPost = answerAll;
    expect((await post(gateway, token, { headers, body: callOf("again") })).text).toContain("well");
  });

  test("whose questions have ids that are none, or too long to keep: none of them reaches the client", async () => {
    const token = tokenOf(alice);
    const headers = await open(token);
    const long = "x".repeat(257);
    onPost = ({ id, method }, response) => {
      if (method !== "tools/call") return answerAll({ id, method } as never, response);
      response.writeHead(202).end();
      const ask = (question: unknown) => say({ id: question, method: "roots/list" } as object);
      for (const one of [long, null, {}, ["a"], true]) ask(one);
      say(`{"jsonrpc":"2.0","id":${"9".repeat(300)},"method":"roots/list"}`);
      ask("kept");
      ask(7);
      say('{"jsonrpc":"2.0","id":12345678901234567890,"method":"roots/list"}');
      say({ id, result: { content: [] } });
    };
    const { text } = await post(gateway, token, { headers, body: callOf("ask") });
    const asked = [...text.matchAll(/"id":([^,}]+),"method":"roots\/list"/g)].map(([, id]) => id);
    expect(asked).toEqual(['"kept"', "7", "12345678901234567890"]);
    posted.length = 0;
    onPost = answerAll;
    for (const id of [long, "kept"]) {
      expect((await post(gateway, token, { headers, body: { jsonrpc: "2.0", id, result: {} } })).status).toBe(202);
    }
    expect(posted).toEqual([{ jsonrpc: "2.0", id: "kept", result: {} }]);
  });

  test("whose address is too long to keep is refused, and nothing is posted", async () => {
    onGet = (response) => begin(response, `/${"x".repeat(2_000)}`);
    failed("UPSTREAM_UNAVAILABLE", await post(gateway, tokenOf(alice), initialize));
    expect(posted).toEqual([]);
    await vi.waitFor(() => expect(closedGets).toBe(1), soon);
  });

  test("whose answer nests 20,000 deep: the call says so, the session goes on", async () => {
    gateway.provision({ server: { transport: { type: "sse" } } });
    const token = tokenOf(alice);
    const headers = await open(token);
    const deep = "[".repeat(20_000) + "]".repeat(20_000);
    onPost = ({ id }, response) => {
      response.writeHead(202).end();
      say(`{"jsonrpc":"2.0","method":"notifications/message","params":{"data":${deep}}}`);
      say(`{"jsonrpc":"2.0","id":${id},"result":{"content":${deep}}}`);
    };
    const answer = await post(gateway, token, { headers, body: callOf("deep") });
    failed("UPSTREAM_UNAVAILABLE", answer);
    expect(answer.text).toContain("nests deeper");
    onPost = answerAll;
    expect((await post(gateway, token, { headers, body: callOf("again", 2) })).text).toContain("well");
    await vi.waitFor(
      () => expect(gateway.world.results.map(({ code }) => code)).toEqual(["UPSTREAM_UNAVAILABLE", "ANSWERED"]),
      soon,
    );
  });
});

describe("a program", () => {
  const folder = mkdtempSync(join(tmpdir(), "attacks-channels-"));
  const marks = join(folder, "marks");
  const secret = "a-secret-of-a-program-that-is-longer-than-one-may-think-".repeat(8);
  const file = fileURLToPath(new URL("./programs/attacking-program.mjs", import.meta.url));
  const program = { command: process.execPath, args: [file] };
  const transport = {
    ...{ type: "stdio", ...program },
    env: { MARKS: marks, API_TOKEN: { secret: "issues/token" } },
  } as ServerTransport;
  const provision = (changes: object = {}) =>
    gateway.provision({ server: { upstream_url: "stdio:issues", transport, ...changes } });
  const runs = (pid: number) => {
    try {
      process.kill(pid, 0);
      return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    } catch {
      return false;
    }
  };
  const running = () => readFileSync(marks, "utf8").trim().split("\n").map(Number).filter(runs).length;
  const say = (token: string, headers: object, what: string, id = 1) =>
    post(gateway, token, { headers: headers as Record<string, string>, body: callOf(what, id) });

  beforeEach(async () => {
    gateway = await startGateway("http://127.0.0.1:9/mcp", {
      environment: { STDIO_PROGRAMS: JSON.stringify([{ ...program, env: ["MARKS", "API_TOKEN"] }]) },
      sessionLimits: { idleMs: 60_000, perHuman: 2, all: 4 },
    });
    gateway.world.secrets.SECRET_ISSUES_TOKEN = secret;
    await settle(gateway);
    provision();
  });
  afterEach(async () => {
    await gateway.close();
    rmSync(marks, { force: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("that reads no input: the call ends in its time, what follows is told why, the program is ended", async () => {
    provision({ timeout_seconds: 1 });
    const token = tokenOf(alice);
    const headers = await open(token);
    expect((await say(token, headers, "deaf")).text).toContain("deaf");
    const startedMs = performance.now();
    failed("UPSTREAM_TIMEOUT", await say(token, headers, "x".repeat(900_000)));
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    provision();
    expect((await say(token, headers, "hello", 2)).text).toContain("takes no input, and was ended");
    await vi.waitFor(() => expect(running()).toBe(0), soon);
    expect((await say(token, headers, "hello")).status).toBe(404);
    expect((await say(token, await open(token), "hello")).text).toContain("hello");
  });

  test("that reads no input of clients that go away: it is ended, however they come and go", async () => {
    const token = tokenOf(alice);
    const headers = await open(token);
    expect((await say(token, headers, "deaf")).text).toContain("deaf");
    const gone = leaving(token, callOf("x".repeat(900_000)), headers);
    await vi.waitFor(() => expect(gateway.world.audit).toHaveLength(2), soon);
    gone.abort();
    await vi.waitFor(() => expect(running()).toBe(0), soon);
  });

  test("whose answer nests 20,000 deep: the call says so and has a result on record, the session goes on", async () => {
    const token = tokenOf(alice);
    const headers = await open(token);
    const answer = await say(token, headers, "deep");
    failed("UPSTREAM_UNAVAILABLE", answer);
    expect(answer.text).toContain("nests deeper");
    expect((await say(token, headers, "hello")).text).toContain("hello");
    await vi.waitFor(
      () => expect(gateway.world.results.map(({ code }) => code)).toEqual(["UPSTREAM_UNAVAILABLE", "ANSWERED"]),
      soon,
    );
  });

  test("that writes a line to its log that has no end: it is cut, with nothing of a secret, and the next is read", async () => {
    const token = tokenOf(alice);
    const headers = await open(token);
    const from = keptLog().length;
    expect((await say(token, headers, "log")).text).toContain("logged");
    await vi.waitFor(() => expect(keptLog().slice(from)).toContain("still heard"), soon);
    expect(keptLog().slice(from)).toContain("[secret]");
    expect(keptLog().slice(from)).not.toContain("a-secret-of-a-program");
    expect((await say(token, headers, "hello")).text).toContain("hello");
  });

  test("of others that is idle for longest makes room, one with a call under way never", async () => {
    const tokens = { alice: tokenOf(alice), bob: tokenOf(bob), carol: tokenOf(carol) };
    const first = await open(tokens.alice);
    const second = await open(tokens.alice);
    const [third, fourth] = [await open(tokens.bob), await open(tokens.bob)];
    const waiting = leaving(tokens.alice, callOf("wait"), first);
    await vi.waitFor(() => expect(gateway.world.audit).toHaveLength(1), soon);
    // So bob's first is idle for longest, though alice's second is older.
    expect((await say(tokens.alice, second, "hello")).status).toBe(200);
    const fifth = await open(tokens.carol);
    expect((await say(tokens.carol, fifth, "hello")).text).toContain("hello");
    expect((await say(tokens.bob, third, "hello")).status).toBe(404);
    for (const [token, session] of [
      [tokens.alice, second],
      [tokens.bob, fourth],
    ] as const) {
      expect((await say(token, session, "hello")).text).toContain("hello");
    }
    waiting.abort();
  });

  test("is opened over and over by one human: only their own make room for it", async () => {
    const tokens = { alice: tokenOf(alice), bob: tokenOf(bob) };
    const [first, second] = [await open(tokens.bob), await open(tokens.bob)];
    for (let count = 0; count < 6; count += 1) await open(tokens.alice);
    for (const session of [first, second]) {
      expect((await say(tokens.bob, session, "hello")).text).toContain("hello");
    }
  });
});

describe("a server behind the bridge, where each human signs in", () => {
  let upstream: OAuthUpstream;
  let host: TestHost;
  let access = "";
  const upstreams = createUpstreams({
    ...{ programs: [], log: testLog(), clock: () => new Date() },
    secrets: { read: async () => "" },
  });
  const decisions = {
    check: async () => true,
    checkAll: async (_user: string, actions: readonly string[]) => actions.map(() => true),
    ready: async () => true,
  };
  const connect = async () => {
    await host.database.kysely.deleteFrom("gateway_upstream_token").execute();
    const human = host.human("lead");
    const client = new TestClient(host.publicUrl);
    await client.register();
    const page = await human.signInUpstream("issues", await human.openConsent(client.authorizationUrl("issues")));
    const servers = [{ server: "issues", level: "low" as const }];
    const { body } = await human.answerConsent({ accept: true, query: page.search.slice(1), servers });
    access = tokensOf(await client.exchange(new URL(String(body.redirect)))).access;
    return human;
  };

  beforeAll(async () => {
    upstream = await startOAuthUpstream({ accessTokenSeconds: 400 });
    host = await TestHost.start(await openMemoryDatabase(), { upstream: upstreams, decisions });
    const attributes = { name: "Issues", upstream_url: upstream.url, auth: { type: "oauth" as const } };
    await host.directory.change({ servers: { issues: { attributes, tools: { list_issues: "low" } } } });
  });
  afterEach(() => {
    upstream.answerCall = undefined;
  });
  afterAll(async () => {
    await host.close();
    await upstreams.close();
    await upstream.close();
  });

  const json = { "content-type": "application/json" };
  const problem = (id: number | null, code: number, data = {}) =>
    JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: "no", data } });
  /** The server knows no sessions: to what speaks of none it answers so. */
  const answerWith = (answer: (response: ServerResponse) => void) => {
    upstream.answerCall = (response) => {
      if (response.req.headers["mcp-protocol-version"] === "2026-07-28") return answer(response);
      response.writeHead(400, json).end(problem(1, -32022, { supported: ["2026-07-28"] }));
    };
  };
  const call = () =>
    post({ url: host.publicUrl }, access, {
      headers: { "mcp-protocol-version": "2025-11-25", "mcp-method": "tools/call", "mcp-name": "list_issues" },
      body: callOf("hello"),
    });

  test("a 401 that repeats the request's id is no answer: the human's token is renewed", async () => {
    await connect();
    answerWith((response) => {
      upstream.answerCall = undefined;
      response.writeHead(401, { ...json, "www-authenticate": "Bearer" }).end(problem(1, -32000));
    });
    const before = upstream.presented.length;
    expect((await call()).body.result).toBeDefined();
    const [, refused, renewed] = upstream.presented.slice(before);
    expect(renewed).toMatch(/^Bearer ./);
    expect(renewed).not.toBe(refused);
  });

  test.each(['{"error":"insufficient_scope"}', problem(1, -32000)])(
    "a 403 that asks for more keeps its challenge: %s",
    async (body) => {
      await connect();
      const challenge = 'Bearer error="insufficient_scope", scope="mcp openid"';
      answerWith((response) => response.writeHead(403, { ...json, "www-authenticate": challenge }).end(body));
      expect((await call()).body.error?.data.code).toBe("UPSTREAM_SCOPE_NEEDED");
    },
  );

  test("an answer that says when to come again still says so", async () => {
    await connect();
    answerWith((response) => response.writeHead(429, { ...json, "retry-after": "30" }).end(problem(null, -32000)));
    const { status, headers } = await call();
    expect([status, headers.get("retry-after")]).toEqual([429, "30"]);
  });

  test("scopes that a server makes up without end are noted as far as there is room", async () => {
    const human = await connect();
    let count = 0;
    upstream.answerCall = (response) => {
      const scope = Array.from({ length: 500 }, () => `scope-${count++}`).join(" ");
      response
        .writeHead(403, {
          "www-authenticate": `Bearer error="insufficient_scope", scope="${"y".repeat(3_000)} ${scope}"`,
        })
        .end();
    };
    const sizes = new Set<number>();
    for (let calls = 0; calls < 3; calls += 1) {
      expect((await call()).body.error?.data.code).toBe("UPSTREAM_SCOPE_NEEDED");
      const { sealed } = await host.database.kysely
        .selectFrom("gateway_upstream_token")
        .select("sealed")
        .executeTakeFirstOrThrow();
      sizes.add(sealed.length);
    }
    expect(sizes.size).toBe(1);
    const { body } = await human.startUpstream("issues");
    const scopes = new URL(String(body.redirect)).searchParams.get("scope")?.split(" ") ?? [];
    expect(scopes).toContain("scope-49");
    expect(scopes.join(" ")).not.toContain("y".repeat(3_000));
    expect(scopes.length).toBeLessThan(60);
  });
});
