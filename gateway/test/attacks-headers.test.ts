/** Attacks by headers, and what may pass of them. Each asserts what must not happen as well: no call at the upstream, no missing record. */
import { request as httpRequest } from "node:http";
import { describe, expect, test } from "vitest";
import { alice, gateway, prepareAttackedGateway, token, upstream } from "./attacked-gateway.ts";
import { startGateway } from "./gateway-fixture.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";

prepareAttackedGateway();

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

  test("every combination of right, wrong and missing: a call passes where nothing is wrong and nothing needed is missing", async () => {
    const right = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "list_issues" };
    const wrong = { "mcp-protocol-version": "2025-11-25", "mcp-method": "ping", "mcp-name": "delete_issue" };
    const names = Object.keys(right) as (keyof typeof right)[];
    const choices = ["right", "wrong", "missing"] as const;
    const combinations = choices.flatMap((a) => choices.flatMap((b) => choices.map((c) => [a, b, c] as const)));
    for (const chosen of combinations) {
      const headers: Record<string, string> = {};
      for (const [at, name] of names.entries()) {
        if (chosen[at] === "right") headers[name] = right[name];
        if (chosen[at] === "wrong") headers[name] = wrong[name];
      }
      gateway.world.audit.length = 0;
      upstream.requests.length = 0;
      const answer = await post(gateway, token, { headers, body: conforming.body });
      const passes = chosen.every((each) => each === "right");
      expect([chosen, answer.body.error?.code]).toEqual([chosen, passes ? undefined : -32020]);
      expect([chosen, upstream.requests.length]).toEqual([chosen, passes ? 1 : 0]);
      expect([chosen, ...gateway.world.audit.map(({ code }) => code)]).toEqual([
        chosen,
        passes ? "ALLOWED" : "HEADER_MISMATCH",
      ]);
    }
  });

  test.each(["mcp-protocol-version", "mcp-method", "mcp-param-region"])("%s twice", async (name) => {
    const socketHeaders = Object.entries({
      host: new URL(gateway.url).host,
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      ...conforming.headers,
      "mcp-param-region": "eu",
    }).flat();
    const twice = [...socketHeaders, name, socketHeaders[socketHeaders.indexOf(name) + 1] ?? ""];
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(`${gateway.url}/mcp/issues`, { method: "POST", headers: twice });
      sent.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
      sent.end(JSON.stringify(conforming.body));
    });
    expect(status).toBe(400);
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit).toMatchObject([{ decision: "deny", code: "HEADER_MISMATCH" }]);
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
      tracestate: "vendor=value",
      baggage: "user=admin",
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
    // The trace that the client is in goes on (W3C Trace Context); nothing is decided by it.
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "vendor=value",
    baggage: "user=admin",
    "user-agent": "permit-mcp-gateway",
    // The gateway's own, not the one that the client sent.
    "x-gateway-auth": expect.stringMatching(/^Bearer ey[\w-]+\.ey[\w-]+\.[\w-]+$/) as string,
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

test("a version that nobody knows gets the upstream's error, which lists those it supports; the call is decided on", async () => {
  const { headers, body } = toolCall("list_issues");
  const version = "v999.0.0";
  const _meta = { ...body.params._meta, "io.modelcontextprotocol/protocolVersion": version };
  const unknown = (name: string) => ({
    headers: { ...headers, "mcp-name": name, "mcp-protocol-version": version },
    body: { ...body, params: { ...body.params, name, _meta } },
  });
  const answer = await post(gateway, token, unknown("list_issues"));
  expect([answer.status, answer.body.error]).toMatchObject([400, { code: -32022, data: { requested: version } }]);
  expect((await post(gateway, token, unknown("delete_issue"))).body.error?.data.code).toBe("CONSENT_TOO_LOW");
  expect(gateway.world.audit.map(({ decision }) => decision)).toEqual(["allow", "deny"]);
  // The rules of the newest revision hold for it: nothing is left to the upstream's guess.
  const bare = { headers: { "mcp-protocol-version": version }, body: body };
  expect((await post(gateway, token, bare)).body.error?.code).toBe(-32020);
  expect(upstream.ran).toEqual([]);
});

test("an unknown server", async () => {
  for (const server of ["nothing", "__proto__", "Issues", "issues%2F..%2Fother"]) {
    expect((await post(gateway, token, toolCall("list_issues"), server)).status).toBe(404);
  }
  expect(upstream.requests).toEqual([]);
});
