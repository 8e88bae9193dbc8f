/** How long consents live: by the policy of the day, for those already given too, and never longer than was stored. */
import { profileKey } from "@permit-mcp-gateway/policies";
import { describe, expect, test } from "vitest";
import { alice, gateway, prepareAttackedGateway, token, upstream } from "./attacked-gateway.ts";
import type { PolicyChange } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";

const dayMs = 24 * 60 * 60 * 1000;
const start = new Date("2026-11-24T12:00:00Z");
prepareAttackedGateway("high");

const grantId = () => token.replace("token-", "");

/** Calls so many days after the start, and returns what came of it. */
async function callAfter(days: number, { usedBefore = true } = {}): Promise<string> {
  gateway.world.now = new Date(start.getTime() + days * dayMs);
  const grant = gateway.world.grants.get(grantId());
  if (usedBefore && grant !== undefined) {
    gateway.world.grants.set(grantId(), { ...grant, lastUsedAt: new Date(gateway.world.now.getTime() - 1) });
  }
  upstream.requests.length = 0;
  const { status, body } = await post(gateway, token, toolCall("list_issues"));
  const code = body.error?.data.code ?? "ok";
  expect([status, upstream.requests.length]).toEqual(code === "ok" ? [200, 1] : [401, 0]);
  return code;
}
const moment = 1 / (24 * 60 * 60);
const terms = (...all: NonNullable<NonNullable<PolicyChange["server"]>["grant_terms"]>[string]): PolicyChange => ({
  server: { grant_terms: { [profileKey(alice)]: all } },
});

describe("a policy that shortens it", () => {
  test.each<[string, PolicyChange, number]>([
    ["the host's days", { host: { sessions: { idleDays: 30, absoluteDays: 40 } } }, 40],
    ["the server's days", { server: { consent_days: 35 } }, 35],
    ["the days of the human's grant", terms({ ceiling: "high", consent_days: 14 }), 14],
    [
      "the fewest of all",
      {
        host: { sessions: { idleDays: 30, absoluteDays: 40 } },
        server: { ...terms({ ceiling: "high", consent_days: 33 }).server, consent_days: 50 },
      },
      33,
    ],
    [
      "the days of the grant that holds by then",
      terms({ ceiling: "high", until: "2026-12-03", consent_days: 60 }, { ceiling: "medium", consent_days: 5 }),
      9.5,
    ],
  ])("%s: holds at the next call of a consent given before", async (_what, change, days) => {
    gateway.provision(change);
    expect(await callAfter(days - moment)).toBe("ok");
    expect(await callAfter(days)).toBe("GRANT_EXPIRED");
    expect(gateway.world.audit.map(({ decision, code }) => `${decision} ${code}`)).toEqual([
      "allow ALLOWED",
      "deny GRANT_EXPIRED",
    ]);
  });

  test("the idle days", async () => {
    gateway.provision({ host: { sessions: { idleDays: 7, absoluteDays: 90 } } });
    expect(await callAfter(7 - moment, { usedBefore: false })).toBe("ok");
    expect(await callAfter(14 - 2 * moment, { usedBefore: false })).toBe("ok");
    expect(await callAfter(21, { usedBefore: false })).toBe("GRANT_EXPIRED");
  });
});

test("a policy that lengthens it changes nothing for a consent given before", async () => {
  const grant = gateway.world.grants.get(grantId());
  if (grant !== undefined)
    gateway.world.grants.set(grantId(), { ...grant, expiresAt: new Date(start.getTime() + 10 * dayMs) });
  expect(await callAfter(10 - moment)).toBe("ok");
  expect(await callAfter(10)).toBe("GRANT_EXPIRED");
});
