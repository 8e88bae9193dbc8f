import { describe, expect, test } from "vitest";
import { gateway, prepareAttackedGateway, raw, token, upstream } from "./attacked-gateway.ts";
import { post, toolCall } from "./mcp-requests.ts";

prepareAttackedGateway();

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
    // The consent changes after the token was read: the fixture's verifier reads one, `loadGrants` lists the other.
    const grant = gateway.world.grants.get(token.replace("token-", ""));
    if (grant === undefined) throw new Error("no grant");
    const original = gateway.world.grants.values;
    gateway.world.grants.values = () => new Map([[grant.id, { ...grant, ...change }]]).values();
    const answer = await post(gateway, token, toolCall("list_issues"));
    gateway.world.grants.values = original;
    expect([answer.status, answer.body.error?.data.code]).toEqual([401, "TOKEN_INVALID"]);
    expect(upstream.requests).toEqual([]);
  });

  test("a consent that is not stored", async () => {
    const original = gateway.world.grants.values;
    gateway.world.grants.values = () => new Map<string, never>().values();
    const answer = await post(gateway, token, toolCall("list_issues"));
    gateway.world.grants.values = original;
    expect([answer.status, answer.body.error?.data.code]).toEqual([401, "GRANT_REVOKED"]);
    expect(upstream.requests).toEqual([]);
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
