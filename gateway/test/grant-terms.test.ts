/** Grants that end, at midnight UTC and without anybody writing to Permit, which goes on saying yes. */
import { profileKey } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

const alice = "alice@example.com";
const bob = "bob@example.com";
let upstream: UpstreamFixture;
let gateway: GatewayFixture;
const lastSecond = new Date("2026-11-30T23:59:59.999Z");
const midnight = new Date("2026-12-01T00:00:00.000Z");

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(upstream.url);
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  gateway.world.now = new Date("2026-11-24T12:00:00Z");
  gateway.world.ceilings.set(alice, "high").set(bob, "high");
  gateway.world.audit.length = 0;
  upstream.requests.length = 0;
  upstream.ran.length = 0;
});

const connect = (human: string) => `token-${gateway.connect(human, "client-a", "high").id}`;
const call = async (token: string, tool: string) => {
  const { body } = await post(gateway, token, toolCall(tool));
  return body.error?.data.code ?? "ok";
};
const listed = async (token: string) => {
  const { body } = await post(gateway, token, rpc("tools/list"));
  return body.error?.data.code ?? ((body.result?.tools ?? []) as { name: string }[]).map((tool) => tool.name);
};

test("holds until the last second of its last day, then ends for everything", async () => {
  gateway.provision({ server: { grant_terms: { [profileKey(alice)]: [{ ceiling: "high", until: "2026-11-30" }] } } });
  const token = connect(alice);
  gateway.world.now = lastSecond;
  expect(await call(token, "delete_issue")).toBe("ok");
  expect(await listed(token)).toEqual(["list_issues", "create_issue", "delete_issue"]);
  const before = upstream.requests.length;

  gateway.world.now = midnight;
  const denied = await post(gateway, token, toolCall("list_issues"));
  expect([denied.status, denied.body.error]).toEqual([
    200,
    {
      code: -32004,
      message: "Permission denied",
      data: {
        code: "GRANT_ENDED",
        reason: 'What the policy granted you on "issues" ended with 2026-11-30 (UTC). Ask an admin to extend it.',
        server: "issues",
        tool: "list_issues",
      },
    },
  ]);
  expect(await listed(token)).toBe("GRANT_ENDED");
  // What needs no decision of its own needs a grant all the same.
  expect((await post(gateway, token, rpc("resources/list"))).body.error?.data.code).toBe("GRANT_ENDED");
  expect(upstream.requests.length).toBe(before);
  expect(gateway.world.audit.slice(1)).toMatchObject([
    { decision: "deny", code: "GRANT_ENDED", tool: "list_issues", trust: "low", human: alice },
  ]);
});

test("falls back to the lower grant that still holds", async () => {
  gateway.provision({
    server: {
      grant_terms: {
        [profileKey(alice)]: [
          { ceiling: "high", until: "2026-11-30" },
          { ceiling: "medium", until: "2026-12-31" },
          { ceiling: "low" },
        ],
      },
    },
  });
  const token = connect(alice);
  gateway.world.now = lastSecond;
  expect(await call(token, "delete_issue")).toBe("ok");
  gateway.world.now = midnight;
  expect(await call(token, "delete_issue")).toBe("CEILING_TOO_LOW");
  expect(await call(token, "create_issue")).toBe("ok");
  expect(await listed(token)).toEqual(["list_issues", "create_issue"]);
  gateway.world.now = new Date("2027-01-01T00:00:00Z");
  // 38 days without use would end the consent: that is another rule.
  for (const grant of gateway.world.grants.values()) {
    gateway.world.grants.set(grant.id, { ...grant, lastUsedAt: gateway.world.now });
  }
  expect(await call(token, "create_issue")).toBe("CEILING_TOO_LOW");
  expect(await call(token, "list_issues")).toBe("ok");
  expect(upstream.ran).toEqual(["delete_issue", "create_issue", "list_issues"]);
  expect(gateway.world.audit.map(({ tool, code }) => `${tool} ${code}`)).toEqual([
    "delete_issue ALLOWED",
    "delete_issue CEILING_TOO_LOW",
    "create_issue ALLOWED",
    "create_issue CEILING_TOO_LOW",
    "list_issues ALLOWED",
  ]);
  expect(gateway.world.audit[1]?.reason).toBe(
    '"delete_issue" needs trust high on "issues", and the ceiling an admin set for you there is medium. Ask an admin to raise it.',
  );
});

test("is one human's: another is not touched, nor is a ceiling that Permit has lower", async () => {
  gateway.provision({ server: { grant_terms: { [profileKey(alice)]: [{ ceiling: "high", until: "2026-11-30" }] } } });
  gateway.world.ceilings.set(alice, "low");
  const [ofAlice, ofBob] = [connect(alice), connect(bob)];
  expect(await call(ofAlice, "create_issue")).toBe("CEILING_TOO_LOW");
  gateway.world.now = midnight;
  expect(await call(ofAlice, "list_issues")).toBe("GRANT_ENDED");
  expect(await call(ofBob, "delete_issue")).toBe("ok");
});
