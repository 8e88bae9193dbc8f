import { humanKey, profileRef } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPulumiCli } from "./testing/pulumi-project.ts";
import { type StackFixture, type StackProject, startStackFixture } from "./testing/stack-fixture.ts";

const onIssues = { type: "issues", key: "issues", tenant: "default" };
const developer = "developer@example.com";

// One stack and its whole life, in this order: each test goes on from what the one before left.
describe.skipIf(!hasPulumiCli)("a stack under the real engine", { timeout: 120_000 }, () => {
  let fixture: StackFixture;
  let stack: StackProject;

  beforeAll(async () => {
    fixture = await startStackFixture();
    stack = await fixture.createProject();
  });
  afterAll(() => fixture?.close());

  test("the first up says what it will allow, then makes the host with one schema request per server", async () => {
    const output = await stack.must("up", "--yes");
    const [preview = "", update = ""] = output.split("Updating (demo)");
    expect(preview).toContain("+ 12 to create");
    expect(preview).toMatch(/! lead@example\.com on issues, ceiling none -> high\n +can call: delete_issue \(high\)/);
    expect(update).toContain("+ 12 created");
    expect(output).not.toContain("warning:");
    expect(fixture.proxy.take().writes).toEqual([
      "POST /v2/projects/default/envs",
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
      "POST schema/resources",
      "POST facts/resource_instances",
      "POST facts/role_assignments/bulk",
    ]);
    const sdk = await fixture.sdk();
    expect(await sdk.check(humanKey(developer), "create_issue", onIssues)).toBe(true);
    expect(await sdk.check(humanKey(developer), "delete_issue", onIssues)).toBe(false);
    expect(await stack.leftToDo()).toEqual([]);
  });

  test("nothing changed: no change, and Permit is not even asked", async () => {
    const output = await stack.must("up", "--yes", "--skip-preview", "--expect-no-changes");
    expect(output).toContain("12 unchanged");
    expect(output).not.toContain("can call");
    expect(fixture.proxy.take().all).toEqual([]);
  });

  test("one grant: key by key in the preview, two writes, and the old ceiling goes first", async () => {
    stack.editPolicy("grants.yaml", `${developer}, ceiling: medium`, `${developer}, ceiling: high`);
    const output = await stack.must("up", "--yes", "--diff");
    const [preview] = output.split("Updating (demo)");
    expect(preview).toMatch(/~ grants +: \{[^}]*~ developer@example\.com +: "medium" => "high"/);
    expect(preview).toContain("~ 2 to update");
    expect(output).toContain("! developer@example.com on issues, ceiling medium -> high");
    expect(fixture.proxy.take().writes).toEqual([
      "DELETE facts/relationship_tuples/bulk",
      "POST facts/relationship_tuples/bulk",
    ]);
    const sdk = await fixture.sdk();
    expect(await sdk.check(humanKey(developer), "delete_issue", onIssues)).toBe(true);
  });

  test("what was changed by hand is shown by a refresh, key by key, and undone by the next up", async () => {
    const sdk = await fixture.sdk();
    const contractor = "contractor@example.com";
    await sdk.api.resourceRoles.assignPermissions("issues", "low", ["delete_issue"]);
    await sdk.api.relationshipTuples.create({
      subject: profileRef(contractor),
      relation: "high",
      object: "issues:issues",
      tenant: "default",
    });
    await sdk.api.users.delete(humanKey("lead@example.com"));
    expect(await sdk.check(humanKey(contractor), "delete_project", onIssues)).toBe(true);

    const refreshed = await stack.must("refresh", "--yes", "--skip-preview", "--diff");
    expect(refreshed).toMatch(/~ delete_issue *: \{\s+~ allowedTo *: "high" => "low, high"/);
    expect(refreshed).toMatch(/~ contractor@example\.com *: "low" => "low, high"/);
    expect(refreshed).toMatch(/~ lead@example\.com *: "user, profile, owner" => "profile"/);
    expect(fixture.proxy.take().writes).toEqual([]);

    const repaired = await stack.must("up", "--yes", "--skip-preview", "--diff");
    expect(repaired).toMatch(/~ contractor@example\.com *: "low, high" => "low"/);
    expect(repaired).toContain("~ 3 updated");
    expect(fixture.proxy.take().writes).toEqual([
      "DELETE schema/resources/issues/roles/low/permissions",
      "POST facts/bulk/users",
      "POST facts/role_assignments/bulk",
      "DELETE facts/relationship_tuples/bulk",
    ]);
    expect(await sdk.check(humanKey(contractor), "delete_issue", onIssues)).toBe(false);
    expect(await sdk.check(humanKey(contractor), "delete_project", onIssues)).toBe(false);
    expect(await stack.leftToDo()).toEqual([]);
  });

  test("a destroy is refused while the environment is protected, and takes everything when it is not", async () => {
    const refused = await stack.pulumi("destroy", "--yes", "--skip-preview");
    expect(refused.status).not.toBe(0);
    expect(refused.output).toMatch(/policy-environment.*cannot be deleted|protected/s);
    expect(fixture.proxy.take().writes).toEqual([]);
    expect(await stack.leftToDo()).toEqual([]);

    for (const secret of await fixture.secrets()) {
      expect(secret.length).toBeGreaterThan(20);
      expect(fixture.texts.filter((text) => text.includes(secret))).toEqual([]);
    }
    await stack.must("config", "set", "deletable", "true");
    await stack.must("up", "--yes", "--skip-preview");
    expect(await stack.must("destroy", "--yes", "--skip-preview")).toContain("- 12 deleted");
    expect(fixture.proxy.take().writes).toEqual(["DELETE /v2/projects/default/envs/demo"]);
    await expect(fixture.organization.environmentKey(fixture.place)).rejects.toMatchObject({ status: 404 });
  });
});
