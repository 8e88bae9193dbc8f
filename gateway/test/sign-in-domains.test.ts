/** E-mail domains that the policy admits, on the MCP path: a list that was narrowed ends agents at their next call. */
import { expect, test } from "vitest";
import { gateway, prepareAttackedGateway, upstream } from "./attacked-gateway.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";

prepareAttackedGateway();

const password = (domains?: string[]) => ({
  password: { enabled: true, ...(domains === undefined ? {} : { domains }) },
});

test.each<[string, string[] | undefined, string[] | undefined, boolean]>([
  ["alice@example.com", undefined, undefined, true],
  ["alice@example.com", ["example.com"], undefined, true],
  ["alice@example.com", undefined, ["example.com", "example.org"], true],
  ["alice@example.com", ["example.com", "example.net"], ["example.com", "example.org"], true],
  ["alice@example.com", ["example.org"], undefined, false],
  ["alice@example.com", undefined, ["example.org"], false],
  ["alice@example.com", ["example.com"], ["example.org"], false],
  ["alice@example.com", ["example.org"], ["example.com"], false],
  ["alice@example.com", [], undefined, false],
  ["alice@sub.example.com", ["example.com"], undefined, false],
  ["alice@badexample.com", ["example.com"], undefined, false],
  ["alice@example.com.example.org", ["example.com"], undefined, false],
  ["example.com@example.org", ["example.com"], undefined, false],
  ["alice@example.com@example.org", ["example.com"], undefined, false],
])("%s with host %j and password %j: admitted %s", async (human, host, method, admitted) => {
  gateway.provision({ host: { sign_in: { ...(host === undefined ? {} : { domains: host }), ...password(method) } } });
  gateway.world.ceilings.set(human, "high");
  const own = `token-${gateway.connect(human, "client-a", "high").id}`;
  const { status, body } = await post(gateway, own, toolCall("list_issues"));
  if (admitted) {
    expect(body.result).toBeDefined();
    return;
  }
  expect([status, body.error?.code, body.error?.data.code]).toEqual([200, -32004, "EMAIL_DOMAIN_FORBIDDEN"]);
  expect((await post(gateway, own, rpc("tools/list"))).body.error?.data.code).toBe("EMAIL_DOMAIN_FORBIDDEN");
  expect(upstream.requests).toEqual([]);
  expect(gateway.world.audit).toMatchObject([{ decision: "deny", code: "EMAIL_DOMAIN_FORBIDDEN", human }]);
});
