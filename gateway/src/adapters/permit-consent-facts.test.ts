import {
  agentKey,
  effectiveTrust,
  profileRef,
  reaches,
  type TrustLevel,
  trustRank,
} from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PermitFixture, permitKey, startPermit } from "../../test/permit-fixture.ts";
import { settingsOf } from "../../testing/host-settings.ts";
import type { AgentIdentity } from "../deps/grants.ts";
import { createPermitClient } from "./permit-client.ts";
import { createPermitConsentFacts } from "./permit-consent-facts.ts";
import { type ClosableDecisionPoint, createPermitDecisionPoint } from "./permit-decision-point.ts";

const alice: AgentIdentity = {
  clientId: "https://client.example/id",
  clientName: "Client",
  email: "alice@example.com",
};
const user = agentKey(alice.clientId, alice.email);
let permit: PermitFixture;
let decisions: ClosableDecisionPoint;

const settings = settingsOf({ servers: { issues: { tools: { low: "low", medium: "medium", high: "high" } } } });
const facts = (visibleTimeoutMs = 2_000) =>
  createPermitConsentFacts({
    permit: createPermitClient({ apiKey: permitKey, apiUrl: permit.url, pdpUrl: permit.url }),
    decisions,
    directory: { settings: () => settings, onChange: () => undefined },
    visibleTimeoutMs,
  });

beforeAll(async () => {
  permit = await startPermit();
  decisions = createPermitDecisionPoint({ pdpUrl: permit.url, apiKey: permitKey });
});
afterAll(async () => {
  await decisions.close();
  await permit.close();
});
beforeEach(() => {
  permit.failWith = undefined;
  permit.ignoresFilters = false;
  permit.requests.length = 0;
  permit.assignments = [];
  permit.users.clear();
  permit.tuples.length = 0;
  permit.tuples.push({ subject: profileRef(alice.email), relation: "high", object: "issues:issues" });
  permit.decide = ({ user: { key }, action }) => ({ allow: decide(permit, key, action as TrustLevel) });
});

/** min(ceiling, consent) over the fixture's facts; several roles add up, as in Permit. */
function decide({ assignments, tuples }: PermitFixture, key: string, needed: TrustLevel): boolean {
  return assignments
    .filter((each) => each.user === key)
    .some(({ role, resource_instance }) => {
      const consent = role.replace("issues-", "") as TrustLevel;
      const ceiling = tuples.find(({ subject }) => subject === resource_instance)?.relation as TrustLevel | undefined;
      return ceiling !== undefined && reaches(effectiveTrust(ceiling, consent), needed);
    });
}
const roles = () => permit.assignments.filter((each) => each.user === user).map((each) => each.role);

test("ceilings: of this human, the highest where several stand, more than one page", async () => {
  const subject = profileRef(alice.email);
  permit.tuples.length = 0;
  for (let index = 0; index < 150; index += 1) {
    permit.tuples.push({ subject, relation: "low", object: `server-${index}:server-${index}` });
  }
  permit.tuples.push(
    { subject, relation: "medium", object: "server-3:server-3" },
    { subject, relation: "parent", object: "folder:folder" },
    { subject, relation: "high", object: "issues:other" },
    { subject: profileRef("bob@example.com"), relation: "high", object: "server-4:server-4" },
  );
  const ceilings = await facts().ceilings("Alice@Example.com");
  expect(ceilings.size).toBe(150);
  expect([ceilings.get("server-3"), ceilings.get("server-4"), ceilings.get("issues")]).toEqual([
    "medium",
    "low",
    undefined,
  ]);
  expect((await facts().ceilings("nobody@example.com")).size).toBe(0);
});

test("a filter that Permit ignored is nobody else's ceiling or consent", async () => {
  permit.ignoresFilters = true;
  permit.tuples.push({ subject: profileRef("bob@example.com"), relation: "high", object: "other:other" });
  permit.assignments.push({
    user: agentKey(alice.clientId, "bob@example.com"),
    role: "issues-high",
    resource_instance: profileRef("bob@example.com"),
    tenant: "default",
  });
  expect([...(await facts().ceilings(alice.email)).keys()]).toEqual(["issues"]);
  expect(await facts().consent(alice, "issues")).toBeUndefined();
  await facts().withdraw(alice, "issues");
  expect(permit.assignments).toHaveLength(1);
});

describe("give", () => {
  test("makes the agent, and its consent exactly the level", async () => {
    await facts().give(alice, "issues", "medium");
    expect(permit.users.get(user)).toEqual({
      key: user,
      attributes: { client_id: alice.clientId, client_name: "Client", email: "alice@example.com" },
    });
    expect(permit.assignments).toEqual([
      { user, role: "issues-medium", resource_instance: profileRef(alice.email), tenant: "default" },
    ]);
    expect(await facts().consent(alice, "issues")).toBe("medium");
  });

  test.each([
    ["high", "low"],
    ["low", "high"],
    ["medium", "medium"],
  ] as const)("from %s to %s: one role, and never more than both say", async (from, to) => {
    await facts().give(alice, "issues", from);
    const most: number[] = [];
    const original = permit.decide;
    permit.decide = (query) => {
      most.push(...roles().map((role) => trustRank(role.replace("issues-", "") as TrustLevel)));
      return original(query);
    };
    await facts().give(alice, "issues", to);
    expect(roles()).toEqual([`issues-${to}`]);
    expect(Math.max(...most)).toBe(trustRank(to));
  });

  test("leaves other servers, clients and humans alone", async () => {
    const other = { user, role: "other-high", resource_instance: profileRef(alice.email), tenant: "default" };
    const bob = { ...other, user: agentKey(alice.clientId, "bob@example.com"), role: "issues-high" };
    permit.assignments.push(other, bob);
    await facts().give(alice, "issues", "low");
    await facts().withdraw(alice, "issues");
    expect(permit.assignments).toEqual([other, bob]);
  });

  test("returns only when decisions follow", async () => {
    const original = permit.decide;
    let lagging = true;
    permit.decide = (query) => (lagging ? { allow: false } : original(query));
    let given = false;
    const giving = facts()
      .give(alice, "issues", "low")
      .then(() => {
        given = true;
      });
    await expect.poll(() => permit.queries.length).toBeGreaterThan(6);
    expect(given).toBe(false);
    lagging = false;
    await giving;
    expect(given).toBe(true);
  });

  test("waits for a lowered level as well: what decisions still allow is not given yet", async () => {
    await facts().give(alice, "issues", "high");
    permit.decide = () => ({ allow: true });
    await expect(facts(300).give(alice, "issues", "low")).rejects.toMatchObject({ code: "PERMIT_UNAVAILABLE" });
  });

  test("decisions that never follow: refused, and nothing is left that could start to hold later", async () => {
    permit.decide = () => ({ allow: false });
    await expect(facts(300).give(alice, "issues", "medium")).rejects.toMatchObject({ code: "PERMIT_UNAVAILABLE" });
    expect(permit.assignments).toEqual([]);
  });

  test("two consents at once end with one role", async () => {
    const both = facts();
    await Promise.all([both.give(alice, "issues", "high"), both.give(alice, "issues", "low")]);
    expect(roles()).toEqual(["issues-low"]);
  });
});

test("withdraw removes every level, and is fine without any", async () => {
  const at = { user, resource_instance: profileRef(alice.email), tenant: "default" };
  permit.assignments.push({ ...at, role: "issues-low" }, { ...at, role: "issues-high" });
  expect(await facts().consent(alice, "issues")).toBe("high");
  await facts().withdraw(alice, "issues");
  await facts().withdraw(alice, "issues");
  expect(permit.assignments).toEqual([]);
  expect(await facts().consent(alice, "issues")).toBeUndefined();
});

test.each([401, 429, 500])("status %i: PERMIT_UNAVAILABLE, without the API key in the error", async (status) => {
  const failing = facts();
  // Once, so that the SDK knows the key's scope and fails in the calls themselves.
  await failing.ceilings(alice.email);
  permit.failWith = status;
  const calls = [
    failing.ceilings(alice.email),
    failing.consent(alice, "issues"),
    failing.give(alice, "issues", "low"),
    failing.withdraw(alice, "issues"),
  ];
  for (const call of calls) {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "PERMIT_UNAVAILABLE" });
    const { inspect } = await import("node:util");
    expect(inspect(error, { depth: 10 })).not.toContain(permitKey);
  }
});
