import { decide, type HostModel, humanKey, profileKey, trustLevels } from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { grants, hostModel, issuesServer, notesServer, serverModel } from "../testing/host-model.ts";
import { consent, type Provisioning, startProvisioning } from "../testing/provisioning.ts";

let host: Provisioning;
beforeEach(async () => {
  host = await startProvisioning();
});
afterEach(() => host.close());

const onIssues = { type: "issues", key: "issues", tenant: "default" };
const withIssuesTrust = (tools: Parameters<typeof serverModel>[1]): HostModel =>
  hostModel({ servers: [serverModel("issues", tools), notesServer] });

describe("first apply", () => {
  test("makes every object with one request each", async () => {
    expect(await host.provision(hostModel())).toEqual([
      "POST /v2/projects/default/envs",
      "POST schema/resources",
      "POST schema/resources",
      "POST schema/resources",
      "POST facts/resource_instances",
      "POST schema/resources",
      "POST facts/resource_instances",
      "POST facts/bulk/users",
      "PUT facts/bulk/resource_instances",
      "POST facts/role_assignments/bulk",
      "POST facts/relationship_tuples/bulk",
      "POST facts/relationship_tuples/bulk",
      "POST facts/resource_instances",
      "POST facts/role_assignments/bulk",
    ]);
  });

  test("a second one writes nothing", async () => {
    await host.provision(hostModel());
    expect(await host.provision(hostModel())).toEqual([]);
  });

  test("the nine cells of consent and ceiling are min(), as the decision point answers the SDK", async () => {
    const emails = { low: "contractor@example.com", medium: "developer@example.com", high: "lead@example.com" };
    const model = hostModel();
    await host.provision(model);
    const sdk = await host.sdk(model);
    const answers: Record<string, boolean> = {};
    const expected: Record<string, boolean> = {};
    for (const ceiling of trustLevels) {
      for (const level of trustLevels) {
        const agent = await consent(sdk, `client-${level}`, emails[ceiling], "issues", level);
        for (const tool of issuesServer.tools) {
          const cell = `ceiling ${ceiling}, consent ${level}: ${tool.name}`;
          answers[cell] = await sdk.check(agent, tool.action, onIssues);
          const query = { human: emails[ceiling], server: "issues", tool: tool.name, consent: level, on: today };
          expected[cell] = decide(model, query).allow;
        }
      }
    }
    expect(answers).toEqual(expected);
    expect(Object.values(answers).filter(Boolean)).toHaveLength(14);
  });

  test("the human gets the ceiling, somebody without a grant and an admin get nothing", async () => {
    const model = hostModel();
    await host.provision(model);
    const sdk = await host.sdk(model);
    const may = (email: string, action: string) => sdk.check(humanKey(email), action, onIssues);
    expect(await may("developer@example.com", "create_issue")).toBe(true);
    expect(await may("developer@example.com", "delete_issue")).toBe(false);
    expect(await may("admin@example.com", "list_issues")).toBe(false);
    const onHost = { type: "gateway_host", key: "demo", tenant: "default" };
    expect(await sdk.check(humanKey("admin@example.com"), "administer", onHost)).toBe(true);
    expect(await sdk.check(humanKey("lead@example.com"), "administer", onHost)).toBe(false);
  });
});

describe("one changed line", () => {
  test("a tool's trust raised: its permission is taken, its attributes say so, nothing else", async () => {
    await host.provision(hostModel());
    const sdk = await host.sdk(hostModel());
    const agent = await consent(sdk, "client", "developer@example.com", "issues", "medium");
    expect(await sdk.check(agent, "create_issue", onIssues)).toBe(true);
    const raised = withIssuesTrust({ list_issues: "low", create_issue: "high", delete_issue: "high" });
    expect(await host.provision(raised)).toEqual([
      "DELETE schema/resources/issues/roles/medium/permissions",
      "PATCH schema/resources/issues/actions/create_issue",
      "PATCH facts/resource_instances/gateway_host:demo",
    ]);
    expect(await sdk.check(agent, "create_issue", onIssues)).toBe(false);
    expect(await sdk.check(agent, "list_issues", onIssues)).toBe(true);
    const action = await sdk.api.resourceActions.get("issues", "create_issue");
    expect(action.attributes).toEqual({ tool: "create_issue", trust: "high" });
  });

  test("a tool's trust lowered: the permission comes last", async () => {
    await host.provision(hostModel());
    const lowered = withIssuesTrust({ list_issues: "low", create_issue: "low", delete_issue: "high" });
    expect(await host.provision(lowered)).toEqual([
      "PATCH schema/resources/issues/actions/create_issue",
      "POST schema/resources/issues/roles/low/permissions",
      "PATCH facts/resource_instances/gateway_host:demo",
    ]);
  });

  test("a tool removed and one added", async () => {
    await host.provision(hostModel());
    const model = withIssuesTrust({ list_issues: "low", create_issue: "medium", get_issue: "low" });
    expect(await host.provision(model)).toEqual([
      "DELETE schema/resources/issues/actions/delete_issue",
      "POST schema/resources/issues/actions",
      "POST schema/resources/issues/roles/low/permissions",
      "POST schema/resources/issues/roles/medium/permissions",
      "POST schema/resources/issues/roles/high/permissions",
      "PATCH facts/resource_instances/gateway_host:demo",
    ]);
    const sdk = await host.sdk(model);
    expect(await sdk.check(humanKey("lead@example.com"), "delete_issue", onIssues)).toBe(false);
    expect(await host.provision(model)).toEqual([]);
  });

  test("a ceiling lowered: the old tuple goes, then the new one comes", async () => {
    await host.provision(hostModel());
    const sdk = await host.sdk(hostModel());
    const agent = await consent(sdk, "client", "lead@example.com", "issues", "high");
    expect(await sdk.check(agent, "delete_issue", onIssues)).toBe(true);
    const ceilings = grants("issues", {
      "contractor@example.com": "low",
      "developer@example.com": "medium",
      "lead@example.com": "low",
    });
    const model = hostModel({ grants: [...ceilings, ...grants("notes", { "lead@example.com": "high" })] });
    expect(await host.provision(model)).toEqual([
      "DELETE facts/relationship_tuples/bulk",
      "POST facts/relationship_tuples/bulk",
    ]);
    expect(await sdk.check(agent, "create_issue", onIssues)).toBe(false);
    expect(await sdk.check(agent, "list_issues", onIssues)).toBe(true);
    expect(await sdk.check(agent, "read_note", { type: "notes", key: "notes", tenant: "default" })).toBe(false);
  });

  test("a tightening and a widening in one apply: all taking comes before any giving", async () => {
    await host.provision(hostModel());
    const model = hostModel({
      servers: [
        serverModel("issues", { list_issues: "low", create_issue: "medium", delete_issue: "medium" }),
        notesServer,
      ],
      grants: grants("issues", { "developer@example.com": "low", "lead@example.com": "high" }),
      admins: ["lead@example.com"],
    });
    const writes = await host.provision(model);
    expect(writes).toEqual([
      "DELETE facts/role_assignments/bulk",
      "DELETE facts/relationship_tuples/bulk",
      "DELETE facts/relationship_tuples/bulk",
      "PATCH schema/resources/issues/actions/delete_issue",
      "POST schema/resources/issues/roles/medium/permissions",
      "POST facts/relationship_tuples/bulk",
      "PATCH facts/resource_instances/gateway_host:demo",
      "POST facts/role_assignments/bulk",
    ]);
  });

  test("a tuple that adds a higher ceiling by hand is removed", async () => {
    await host.provision(hostModel());
    const sdk = await host.sdk(hostModel());
    const subject = `user_profile:${profileKey("contractor@example.com")}`;
    await sdk.api.relationshipTuples.create({ subject, relation: "high", object: "issues:issues", tenant: "default" });
    expect(await sdk.check(humanKey("contractor@example.com"), "delete_issue", onIssues)).toBe(true);
    expect(await host.provision(hostModel())).toEqual(["DELETE facts/relationship_tuples/bulk"]);
    expect(await sdk.check(humanKey("contractor@example.com"), "delete_issue", onIssues)).toBe(false);
    expect(await sdk.check(humanKey("contractor@example.com"), "list_issues", onIssues)).toBe(true);
  });

  test("an agent made owner of a profile by hand loses that", async () => {
    await host.provision(hostModel());
    const sdk = await host.sdk(hostModel());
    const agent = await consent(sdk, "client", "lead@example.com", "issues", "low");
    await sdk.api.roleAssignments.assign({
      user: agent,
      role: "owner",
      resource_instance: `user_profile:${profileKey("lead@example.com")}`,
      tenant: "default",
    });
    expect(await sdk.check(agent, "delete_issue", onIssues)).toBe(true);
    expect(await host.provision(hostModel())).toEqual(["DELETE facts/role_assignments/bulk"]);
    expect(await sdk.check(agent, "delete_issue", onIssues)).toBe(false);
    expect(await sdk.check(agent, "list_issues", onIssues)).toBe(true);
  });
});

test("more humans than one page holds: the second apply still writes nothing, and one less is one removal", async () => {
  const emails = Array.from({ length: 230 }, (_, index) => `developer-${String(index).padStart(3, "0")}@example.com`);
  const withHumans = (emails: readonly string[]) =>
    hostModel({
      humans: emails.map((email) => ({ email, groups: [] })),
      grants: grants("issues", Object.fromEntries(emails.map((email) => [email, "medium" as const]))),
      admins: [],
    });
  await host.provision(withHumans(emails));
  expect(await host.provision(withHumans(emails))).toEqual([]);
  expect(await host.provision(withHumans(emails.slice(0, -1)))).toEqual([
    "DELETE facts/relationship_tuples/bulk",
    "DELETE facts/bulk/resource_instances",
    "DELETE facts/bulk/users",
  ]);
  const sdk = await host.sdk(hostModel());
  expect(await sdk.check(humanKey(emails[228] ?? ""), "create_issue", onIssues)).toBe(true);
  expect(await sdk.check(humanKey(emails[229] ?? ""), "create_issue", onIssues)).toBe(false);
});
