/** Grants that end, at midnight UTC and without anybody writing to Permit, which goes on saying yes. */
import { profileKey } from "@permit-mcp-gateway/policies";
import { expect, test } from "vitest";
import { alice, gateway, prepareAttackedGateway, token, upstream } from "./attacked-gateway.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";

const bob = "bob@example.com";
const lastSecond = new Date("2026-11-30T23:59:59.999Z");
const midnight = new Date("2026-12-01T00:00:00.000Z");
prepareAttackedGateway("high");

const call = async (tool: string, as = token) => {
  const { body } = await post(gateway, as, toolCall(tool));
  return body.error?.data.code ?? "ok";
};
const listed = async () => {
  const { body } = await post(gateway, token, rpc("tools/list"));
  return body.error?.data.code ?? ((body.result?.tools ?? []) as { name: string }[]).map((tool) => tool.name);
};

test("holds until the last second of its last day, then ends for everything", async () => {
  gateway.provision({ server: { grant_terms: { [profileKey(alice)]: [{ ceiling: "high", until: "2026-11-30" }] } } });
  gateway.world.now = lastSecond;
  expect(await call("delete_issue")).toBe("ok");
  expect(await listed()).toEqual(["list_issues", "create_issue", "delete_issue"]);
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
  expect(await listed()).toBe("GRANT_ENDED");
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
  gateway.world.now = lastSecond;
  expect(await call("delete_issue")).toBe("ok");
  gateway.world.now = midnight;
  expect(await call("delete_issue")).toBe("CEILING_TOO_LOW");
  expect(await call("create_issue")).toBe("ok");
  expect(await listed()).toEqual(["list_issues", "create_issue"]);
  gateway.world.now = new Date("2027-01-01T00:00:00Z");
  // 38 days without use would end the consent: that is another rule.
  for (const grant of gateway.world.grants.values()) {
    gateway.world.grants.set(grant.id, { ...grant, lastUsedAt: gateway.world.now });
  }
  expect(await call("create_issue")).toBe("CEILING_TOO_LOW");
  expect(await call("list_issues")).toBe("ok");
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
  gateway.world.ceilings.set(bob, "high");
  const ofBob = `token-${gateway.connect(bob, "client-a", "high").id}`;
  expect(await call("create_issue")).toBe("CEILING_TOO_LOW");
  gateway.world.now = midnight;
  expect(await call("list_issues")).toBe("GRANT_ENDED");
  expect(await call("delete_issue", ofBob)).toBe("ok");
});
