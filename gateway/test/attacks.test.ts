/** Attacks at the front door. Each asserts what must not happen as well: no call at the upstream, no missing record. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type GatewayFixture, post, rpc, startGateway, toolCall } from "./gateway-fixture.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

const alice = "alice@example.com";
let upstream: UpstreamFixture;
let gateway: GatewayFixture;
let token = "";

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(upstream.url);
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.ran.length = 0;
  upstream.requests.length = 0;
  const { world } = gateway;
  world.audit.length = 0;
  world.ceilings.set(alice, "high");
  token = `token-${gateway.connect(alice, "client-a", "low").id}`;
});

/** `list_issues` is allowed, `delete_issue` is not: whatever a test does, `delete_issue` must never run. */
const raw = (fields: string) => `{"jsonrpc":"2.0","id":1,${fields}}`;

describe("who asks", () => {
  test("no token: 401 with the way to sign in, no record", async () => {
    const answer = await post(gateway, undefined, toolCall("list_issues"));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe(
      `Bearer resource_metadata="${gateway.url}/.well-known/oauth-protected-resource/mcp/issues", scope="mcp offline_access"`,
    );
    expect(answer.body.error?.data.code).toBe("TOKEN_MISSING");
    expect(gateway.world.audit).toEqual([]);
  });

  test.each(["Basic YTpi", "Bearer", "Bearer a b", "Bearer token-nobody", "Bearer ,"])("%s: 401", async (value) => {
    const answer = await post(gateway, undefined, { ...toolCall("list_issues"), headers: { authorization: value } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(upstream.requests).toEqual([]);
  });

  test("a token for another server", async () => {
    const answer = await post(gateway, token, toolCall("list_issues"), "other");
    expect([answer.status, answer.body.error?.data.code]).toEqual([401, "TOKEN_INVALID"]);
    expect(upstream.requests).toEqual([]);
  });

  test("a token in the query is not looked at", async () => {
    const answer = await post(gateway, undefined, toolCall("list_issues"), `issues?access_token=${token}`);
    expect(answer.body.error?.data.code).toBe("TOKEN_MISSING");
  });

  test.each([
    ["client", { clientId: "client-b" }],
    ["account", { userId: "user-b" }],
    ["server", { server: "other" }],
  ])("token and consent name another %s", async (_what, change) => {
    // The consent changes after the token was read: the fixture's verifier sees the first, `loadGrant` the second.
    const id = token.replace("token-", "");
    const grant = gateway.world.grants.get(id);
    if (grant === undefined) throw new Error("no grant");
    const seen: (typeof grant)[] = [grant, { ...grant, ...change }];
    const original = gateway.world.grants.get.bind(gateway.world.grants);
    gateway.world.grants.get = (key) => (key === id ? (seen.shift() ?? original(key)) : original(key));
    const answer = await post(gateway, token, toolCall("list_issues"));
    gateway.world.grants.get = original;
    expect([answer.status, answer.body.error?.data.code]).toEqual([401, "TOKEN_INVALID"]);
    expect(upstream.requests).toEqual([]);
  });

  test("a consent that is not stored", async () => {
    const id = token.replace("token-", "");
    const grant = gateway.world.grants.get(id);
    const original = gateway.world.grants.get.bind(gateway.world.grants);
    let reads = 0;
    gateway.world.grants.get = () => (reads++ === 0 ? grant : undefined);
    const answer = await post(gateway, token, toolCall("list_issues"));
    gateway.world.grants.get = original;
    expect([answer.status, answer.body.error?.data.code]).toEqual([401, "GRANT_REVOKED"]);
    expect(upstream.requests).toEqual([]);
  });

  test.each(["https://evil.example", "null", "http://localhost.evil.example", "not a url"])(
    "Origin %s",
    async (origin) => {
      const { headers, body } = toolCall("list_issues");
      const answer = await post(gateway, token, { headers: { ...headers, origin }, body });
      expect([answer.status, answer.body.error?.data.code]).toEqual([403, "ORIGIN_FORBIDDEN"]);
      expect(upstream.requests).toEqual([]);
    },
  );

  test("an Origin of this machine or of the gateway passes", async () => {
    const { headers, body } = toolCall("list_issues");
    for (const origin of ["http://localhost:6274", "http://127.0.0.1:3000", gateway.url]) {
      expect((await post(gateway, token, { headers: { ...headers, origin }, body })).body.result).toBeDefined();
    }
  });
});

describe("which tool", () => {
  test.each([
    "Delete_Issue",
    "LIST_ISSUES",
    "list_issues ",
    "list-issues",
    "list_issues\u0000",
    "ｌist_issues",
    "list_іssues",
    "delete_issue/../list_issues",
    "__proto__",
    "constructor",
    "hidden_tool",
    "",
  ])("the name %j is not one the policy knows", async (name) => {
    const answer = await post(gateway, token, { body: raw(call(name)) });
    expect(answer.body.error).toMatchObject({ code: -32004, data: { code: "TOOL_UNKNOWN" } });
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit).toMatchObject([{ decision: "deny", code: "TOOL_UNKNOWN", trust: null }]);
  });

  // As an older client asks, without protocol headers: with them, a name that is no header value can't even be sent.
  const call = (name: string) => `"method":"tools/call","params":{"name":${JSON.stringify(name)}}`;

  test("what goes into the record can be stored", async () => {
    const body = toolCall(`a\u0000\u001b[2J\ud800${"x".repeat(2000)}`).body;
    const answer = await post(gateway, token, {
      headers: {},
      body: { ...body, params: { ...body.params, _meta: {} } },
    });
    expect(answer.status).toBe(400);
    const long = await post(gateway, token, { body: raw(call(`a\u0000\u001b[2J${"x".repeat(2000)}`)) });
    expect(long.body.error?.data.code).toBe("TOOL_UNKNOWN");
    expect(gateway.world.audit.map((record) => record.tool)).toEqual([
      `a\uFFFD\uFFFD[2J\uFFFD${"x".repeat(505)}`,
      `a\uFFFD\uFFFD[2J${"x".repeat(506)}`,
    ]);
  });

  test.each([
    [
      "a duplicate name, the last one wins here",
      `"method":"tools/call","params":{"name":"list_issues","name":"delete_issue"}`,
    ],
    ["a duplicate method", `"method":"tools/list","method":"tools/call","params":{"name":"delete_issue"}`],
    ["duplicate params", `"method":"tools/call","params":{"name":"list_issues"},"params":{"name":"delete_issue"}`],
    ["an escaped key", `"method":"tools/call","params":{"name":"list_issues","n\\u0061me":"delete_issue"}`],
  ])("%s: decided on and never run", async (_what, fields) => {
    const answer = await post(gateway, token, { body: raw(fields) });
    expect(answer.body.error?.data).toMatchObject({ code: "CONSENT_TOO_LOW", tool: "delete_issue" });
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit).toHaveLength(1);
  });

  test.each([
    ["method in another case", `"method":"tools/list","Method":"tools/call","params":{"name":"delete_issue"}`],
    [
      "params in another case",
      `"method":"tools/call","params":{"name":"list_issues"},"PARAMS":{"name":"delete_issue"}`,
    ],
    ["name in another case", `"method":"tools/call","params":{"name":"list_issues","Name":"delete_issue"}`],
    ["name with a Kelvin sign's fold", `"method":"tools/call","params":{"name":"list_issues","tas\u212A":{}}`],
    ["arguments with a long s", `"method":"tools/call","params":{"name":"list_issues","argument\u017F":{}}`],
    [
      "__proto__ in params",
      `"method":"tools/call","params":{"name":"list_issues","__proto__":{"name":"delete_issue"}}`,
    ],
    ["__proto__ beside params", `"method":"tools/call","__proto__":{"params":{"name":"delete_issue"}}`],
    ["an unknown member", `"method":"tools/call","params":{"name":"list_issues"},"extra":1`],
    ["params that are a list", `"method":"tools/call","params":["list_issues"]`],
    ["a result beside the method", `"method":"tools/call","params":{"name":"list_issues"},"result":{}`],
    ["a name that is no text", `"method":"tools/call","params":{"name":["list_issues"]}`],
  ])("%s: 400", async (_what, fields) => {
    const answer = await post(gateway, token, { body: raw(fields) });
    expect([answer.status, answer.body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
    expect(upstream.requests).toEqual([]);
  });
});

describe("how it is asked", () => {
  test.each([
    ["null id", `{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"list_issues"}}`, "MESSAGE_INVALID"],
    ["no id", `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"list_issues"}}`, "METHOD_NOT_ALLOWED"],
    ["an id that is a fraction", raw(`"method":"ping"`).replace("1,", "1.5,"), "MESSAGE_INVALID"],
    ["a batch", `[${raw(`"method":"tools/call","params":{"name":"list_issues"}`)}]`, "MESSAGE_INVALID"],
    ["an empty batch", "[]", "MESSAGE_INVALID"],
    ["JSON-RPC 1.0", `{"id":1,"method":"ping"}`, "MESSAGE_INVALID"],
    ["no message", `{"jsonrpc":"2.0","id":1}`, "MESSAGE_INVALID"],
    ["text", `"tools/call"`, "MESSAGE_INVALID"],
    ["nothing", "", "BODY_NOT_JSON"],
    ["cut off", `{"jsonrpc":"2.0","id":1,"method":"tools/ca`, "BODY_NOT_JSON"],
    ["two messages", `${raw(`"method":"ping"`)}${raw(`"method":"ping"`)}`, "BODY_NOT_JSON"],
    ["deep nesting", raw(`"method":"ping","params":{"a":${"[".repeat(200)}${"]".repeat(200)}}`), "MESSAGE_INVALID"],
    ["very deep nesting", "[".repeat(500_000), "BODY_NOT_JSON"],
  ])("%s: 400", async (_what, body, code) => {
    const answer = await post(gateway, token, { body });
    expect([answer.status, answer.body.error?.data.code]).toEqual([400, code]);
    expect(upstream.requests).toEqual([]);
  });

  test("bytes that are not UTF-8", async () => {
    const body = Buffer.from(raw(`"method":"tools/call","params":{"name":"list_issues\u00e9"}`), "latin1");
    expect((await post(gateway, token, { body })).body.error?.data.code).toBe("BODY_NOT_JSON");
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonx"])(
    "content type %s",
    async (type) => {
      const answer = await post(gateway, token, { headers: { "content-type": type }, body: raw(`"method":"ping"`) });
      expect([answer.status, answer.body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
      expect(upstream.requests).toEqual([]);
    },
  );

  test("a compressed body", async () => {
    const answer = await post(gateway, token, {
      headers: { "content-encoding": "gzip" },
      body: raw(`"method":"ping"`),
    });
    expect(answer.body.error?.data.code).toBe("MESSAGE_INVALID");
  });

  test("a body over 1 MB, declared and chunked", async () => {
    const body = raw(
      `"method":"tools/call","params":{"name":"list_issues","arguments":{"note":"${"x".repeat(1024 * 1024)}"}}`,
    );
    expect((await post(gateway, token, { body })).status).toBe(413);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(
        `${gateway.url}/mcp/issues`,
        { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" } },
        (response) => resolve(response.resume().statusCode),
      );
      sent.on("error", reject);
      sent.write(body.slice(0, body.length / 2));
      sent.end(body.slice(body.length / 2));
    });
    expect(status).toBe(413);
    expect(upstream.requests).toEqual([]);
  });

  test.each([
    "tasks/get",
    "tasks/cancel",
    "tools/delete",
    "Tools/Call",
    "tools/call ",
    "notifications/initialized",
    "",
  ])("the method %j is not passed on", async (method) => {
    const answer = await post(gateway, token, {
      body: { jsonrpc: "2.0", id: 1, method, params: { name: "list_issues" } },
    });
    expect([answer.status, answer.body.error?.code, answer.body.id]).toEqual([200, -32601, 1]);
    expect(upstream.requests).toEqual([]);
  });

  test("a task-augmented tool call is a tool call", async () => {
    const { headers, body } = toolCall("delete_issue");
    const answer = await post(gateway, token, {
      headers,
      body: { ...body, params: { ...body.params, task: { ttl: 1 } } },
    });
    expect(answer.body.error?.data.code).toBe("CONSENT_TOO_LOW");
    expect(gateway.world.audit).toHaveLength(1);
  });
});

describe("headers and body", () => {
  const conforming = toolCall("list_issues");
  test.each([
    ["no version", { "mcp-method": "tools/call", "mcp-name": "list_issues" }],
    ["no method", { "mcp-protocol-version": "2026-07-28", "mcp-name": "list_issues" }],
    ["no name", { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call" }],
    ["another version", { ...conforming.headers, "mcp-protocol-version": "2027-01-01" }],
    ["an old version", { ...conforming.headers, "mcp-protocol-version": "2025-11-25" }],
    ["no version at all", { ...conforming.headers, "mcp-protocol-version": "latest" }],
    ["another method", { ...conforming.headers, "mcp-method": "tools/list" }],
    ["another name", { ...conforming.headers, "mcp-name": "delete_issue" }],
    ["another case of the name", { ...conforming.headers, "mcp-name": "List_Issues" }],
    ["an encoded other name", { ...conforming.headers, "mcp-name": "=?base64?ZGVsZXRlX2lzc3Vl?=" }],
    ["a broken encoding", { ...conforming.headers, "mcp-name": "=?base64?bGlzdF9pc3N1ZXM?=" }],
    ["a parameter with invalid characters", { ...conforming.headers, "mcp-param-region": "caf\u00e9" }],
  ])("%s: -32020, 400", async (_what, headers) => {
    const answer = await post(gateway, token, { headers, body: conforming.body });
    expect([answer.status, answer.body.error?.code, answer.body.id]).toEqual([400, -32020, 1]);
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit).toMatchObject([{ decision: "deny", code: "HEADER_MISMATCH", tool: "list_issues" }]);
  });

  test("a name twice", async () => {
    const lines = ["mcp-name", "list_issues", "mcp-name", "delete_issue"];
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(`${gateway.url}/mcp/issues`, {
        method: "POST",
        headers: [
          ...[
            "host",
            new URL(gateway.url).host,
            "authorization",
            `Bearer ${token}`,
            "content-type",
            "application/json",
          ],
          ...["mcp-protocol-version", "2026-07-28", "mcp-method", "tools/call", ...lines],
        ],
      });
      sent.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
      sent.end(JSON.stringify(conforming.body));
    });
    expect(status).toBe(400);
    expect(upstream.requests).toEqual([]);
  });

  test("older clients may leave the headers out, but not contradict the body", async () => {
    const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "delete_issue" } };
    const contradicting = await post(gateway, token, { headers: { "mcp-name": "list_issues" }, body });
    expect(contradicting.body.error?.code).toBe(-32020);
    const silent = await post(gateway, token, { body });
    expect(silent.body.error?.data.code).toBe("CONSENT_TOO_LOW");
    expect(upstream.requests).toEqual([]);
  });

  test("an encoded name that agrees is passed on, written anew", async () => {
    const headers = { ...conforming.headers, "mcp-name": "=?base64?bGlzdF9pc3N1ZXM=?=" };
    expect((await post(gateway, token, { headers, body: conforming.body })).body.result).toBeDefined();
    expect(upstream.requests[0]?.headers["mcp-name"]).toBe("list_issues");
  });
});

test("of the client's headers, the upstream sees only those of the protocol", async () => {
  const { headers, body } = toolCall("list_issues");
  const answer = await post(gateway, token, {
    headers: {
      ...headers,
      "mcp-param-region": "eu",
      cookie: "session=1",
      forwarded: "for=1.2.3.4",
      "x-forwarded-for": "1.2.3.4",
      "x-forwarded-host": "evil.example",
      "x-gateway-auth": "Bearer forged",
      "x-gateway-user": "admin",
      "proxy-authorization": "Basic YTpi",
      "mcp-session-id-x": "1",
      te: "trailers",
      "user-agent": "client",
      "accept-encoding": "gzip",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    },
    body,
  });
  expect(answer.body.result).toBeDefined();
  const { host, connection, ...seen } = upstream.requests[0]?.headers ?? {};
  expect(host).toBe(new URL(upstream.url).host);
  expect(connection).toBe("keep-alive");
  expect(seen).toEqual({
    accept: "application/json, text/event-stream",
    "accept-encoding": "identity",
    "content-length": expect.stringMatching(/^\d+$/) as string,
    "content-type": "application/json",
    "mcp-method": "tools/call",
    "mcp-name": "list_issues",
    "mcp-param-region": "eu",
    "mcp-protocol-version": "2026-07-28",
    "user-agent": "permit-mcp-gateway",
  });
});

test("numbers that a double can't hold reach the tool as written", async () => {
  const { headers, body } = toolCall("list_issues", { note: "N" });
  const text = JSON.stringify(body).replace('"N"', '[12345678901234567890,1e400,1.0,-0,{"__proto__":1}]');
  const seen: string[] = [];
  const { listen } = await import("./upstream-fixture.ts");
  const echo = await listen((request, response) => {
    request.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
    request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
  });
  const direct = await startGateway(echo.url);
  direct.world.ceilings.set(alice, "high");
  const grant = direct.connect(alice, "client-a", "low");
  await post(direct, `token-${grant.id}`, { headers, body: text });
  await direct.close();
  await echo.close();
  expect(seen.join("")).toBe(text);
});

test("methods that need no decision pass with a live consent and leave no record", async () => {
  expect((await post(gateway, token, rpc("server/discover"))).body.result).toBeDefined();
  expect(gateway.world.audit).toEqual([]);
});

test("an unknown server", async () => {
  for (const server of ["nothing", "__proto__", "Issues", "issues%2F..%2Fother"]) {
    expect((await post(gateway, token, toolCall("list_issues"), server)).status).toBe(404);
  }
  expect(upstream.requests).toEqual([]);
});
