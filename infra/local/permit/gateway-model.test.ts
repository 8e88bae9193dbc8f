import {
  agentKey,
  consentRole,
  defaultTenant,
  effectiveTrust,
  humanKey,
  profileRef,
  reaches,
  serverRef,
  type TrustLevel,
  trustLevels,
} from "@permit-mcp-gateway/policies";
import type { Permit } from "permitio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { demoModel, toolOfLevel } from "./testing/demo-model.ts";
import { provisionModel } from "./testing/provision-model.ts";
import { newEnvironment } from "./testing/sdk.ts";

const emailOf = (ceiling: TrustLevel) => `${ceiling}@example.com`;
const clientId = "https://client.example.com/oauth/metadata.json";
const linear = { type: "linear", key: "linear", tenant: defaultTenant };

let local: LocalPermit;
let permit: Permit;

beforeAll(async () => {
  local = await startLocalPermit({ port: 0 });
  ({ permit } = await newEnvironment(local.url, local.orgKey, "demo"));
  await provisionModel(
    permit,
    demoModel({
      ...Object.fromEntries(trustLevels.map((level) => [emailOf(level), level])),
      "alice@example.com": "high",
      "bob@example.com": "high",
    }),
  );
});
afterAll(() => local.close());

async function consent(agent: string, email: string, level: TrustLevel): Promise<void> {
  await permit.api.users.sync({ key: agent });
  await permit.api.users.assignRole({
    user: agent,
    role: consentRole("linear", level),
    resource_instance: profileRef(email),
    tenant: defaultTenant,
  });
}

/** What the user may call, lowest first, as levels. */
async function allowedLevels(user: string): Promise<readonly TrustLevel[]> {
  const answers = await permit.bulkCheck(
    trustLevels.map((level) => ({ user, action: toolOfLevel[level], resource: linear })),
  );
  return trustLevels.filter((_, index) => answers[index]);
}

describe("all nine cells of consent and ceiling", () => {
  const cells = trustLevels.flatMap((granted) => trustLevels.map((ceiling) => ({ granted, ceiling })));
  test.each(cells)("consent $granted under ceiling $ceiling gives the lower one", async ({ granted, ceiling }) => {
    const agent = agentKey(`${clientId}?${granted}`, emailOf(ceiling));
    await consent(agent, emailOf(ceiling), granted);
    const effective = effectiveTrust(ceiling, granted);
    expect(await allowedLevels(agent)).toEqual(trustLevels.filter((level) => reaches(effective, level)));
    for (const level of trustLevels) {
      expect(await permit.check(agent, toolOfLevel[level], linear)).toBe(reaches(effective, level));
    }
  });

  test.each(trustLevels)("the human under ceiling %s may do exactly that", async (ceiling) => {
    expect(await allowedLevels(humanKey(emailOf(ceiling)))).toEqual(
      trustLevels.filter((level) => reaches(ceiling, level)),
    );
  });
});

test("what Bob granted does not serve Alice, although both use one client", async () => {
  await consent(agentKey(clientId, "bob@example.com"), "bob@example.com", "high");
  await permit.api.users.sync({ key: agentKey(clientId, "alice@example.com") });
  expect(await allowedLevels(agentKey(clientId, "bob@example.com"))).toEqual(["low", "medium", "high"]);
  expect(await allowedLevels(agentKey(clientId, "alice@example.com"))).toEqual([]);
  await consent(agentKey(clientId, "alice@example.com"), "alice@example.com", "low");
  expect(await allowedLevels(agentKey(clientId, "alice@example.com"))).toEqual(["low"]);
});

describe("what changes counts from the next check on", () => {
  const agent = agentKey("changing", "alice@example.com");
  const tuple = (relation: TrustLevel) => ({
    subject: profileRef("alice@example.com"),
    relation,
    object: serverRef("linear"),
  });

  test("lowering the ceiling, raising it, removing it", async () => {
    await consent(agent, "alice@example.com", "medium");
    expect(await allowedLevels(agent)).toEqual(["low", "medium"]);
    await permit.api.relationshipTuples.delete(tuple("high"));
    expect(await allowedLevels(agent)).toEqual([]);
    await permit.api.relationshipTuples.create(tuple("low"));
    expect(await allowedLevels(agent)).toEqual(["low"]);
    await permit.api.relationshipTuples.delete(tuple("low"));
    await permit.api.relationshipTuples.create(tuple("high"));
    expect(await allowedLevels(agent)).toEqual(["low", "medium"]);
  });

  test("a tool's trust: its permission moves from role to role", async () => {
    const roles = permit.api.resourceRoles;
    await roles.removePermissions("linear", "medium", ["linear:create_issue"]);
    expect(await permit.check(agent, "create_issue", linear)).toBe(false);
    await roles.assignPermissions("linear", "medium", ["linear:create_issue"]);
    expect(await permit.check(agent, "create_issue", linear)).toBe(true);
  });

  test("revoking the agent", async () => {
    await permit.api.users.unassignRole({
      user: agent,
      role: consentRole("linear", "medium"),
      resource_instance: profileRef("alice@example.com"),
      tenant: defaultTenant,
    });
    expect(await allowedLevels(agent)).toEqual([]);
  });

  test("a deleted agent has nothing when it is made again", async () => {
    await consent(agent, "alice@example.com", "high");
    await permit.api.users.delete(agent);
    await permit.api.users.sync({ key: agent });
    expect(await allowedLevels(agent)).toEqual([]);
  });
});

describe("everything unknown is denied, never an error", () => {
  const agent = agentKey("known", "bob@example.com");
  beforeAll(() => consent(agent, "bob@example.com", "high"));

  test.each([
    ["user", "agent|nobody", "list_issues", linear],
    ["action", agent, "no_such_tool", linear],
    ["action that is a property of every object", agent, "constructor", linear],
    ["type", agent, "list_issues", { ...linear, type: "__proto__" }],
    ["instance", agent, "list_issues", { ...linear, key: "other" }],
    ["tenant", agent, "list_issues", { ...linear, tenant: "other" }],
    ["no instance", agent, "list_issues", { type: "linear", tenant: defaultTenant }],
  ] as const)("%s", async (_what, user, action, resource) => {
    expect(await permit.check(agent, "list_issues", linear)).toBe(true);
    expect(await permit.check(user, action, resource)).toBe(false);
  });
});

test("getUserPermissions lists what check allows", async () => {
  const agent = agentKey("listing", "medium@example.com");
  await consent(agent, "medium@example.com", "high");
  const permissions = await permit.getUserPermissions(agent, [defaultTenant], ["linear:linear"]);
  expect(permissions).toEqual({
    "linear:linear": {
      resource: {
        key: "linear",
        type: "linear",
        attributes: { name: "Linear", description: "Issues", upstream_url: "http://127.0.0.1:9/mcp" },
      },
      permissions: ["linear:create_issue", "linear:list_issues"],
      roles: ["medium"],
    },
  });
});
