import { agentKey, humanKey, profileKey } from "@permit-mcp-gateway/policies";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hostModel, issuesServer } from "../testing/host-model.ts";
import { consent, type Provisioning, startProvisioning } from "../testing/provisioning.ts";

let host: Provisioning;
beforeEach(async () => {
  host = await startProvisioning();
});
afterEach(() => host.close());

const onIssues = { type: "issues", key: "issues", tenant: "default" };

describe("servers", () => {
  const alone = hostModel({ servers: [issuesServer], grants: hostModel().grants.filter((g) => g.server === "issues") });

  test("one added: consent roles first, the type in one request, the host's list last", async () => {
    await host.provision(alone);
    expect(await host.provision(hostModel())).toEqual([
      "POST schema/resources/user_profile/roles",
      "POST schema/resources/user_profile/roles",
      "POST schema/resources/user_profile/roles",
      "POST schema/resources",
      "POST facts/resource_instances",
      "POST facts/relationship_tuples/bulk",
      "PATCH facts/resource_instances/gateway_host:demo",
    ]);
  });

  test("one removed: its type with everything on it, then its consent roles; the other is untouched", async () => {
    await host.provision(hostModel());
    const sdk = await host.sdk(hostModel());
    const agent = await consent(sdk, "client", "lead@example.com", "notes", "medium");
    const onNotes = { type: "notes", key: "notes", tenant: "default" };
    expect(await sdk.check(agent, "read_note", onNotes)).toBe(true);
    expect(await host.provision(alone)).toEqual([
      "DELETE schema/resources/notes",
      "DELETE facts/role_assignments/bulk",
      "DELETE schema/resources/user_profile/roles/notes-low",
      "DELETE schema/resources/user_profile/roles/notes-medium",
      "DELETE schema/resources/user_profile/roles/notes-high",
      "PATCH facts/resource_instances/gateway_host:demo",
    ]);
    expect(await sdk.check(agent, "read_note", onNotes)).toBe(false);
    expect(await sdk.check(humanKey("lead@example.com"), "delete_issue", onIssues)).toBe(true);
    const left = await sdk.api.resources.list();
    expect(left.map((type) => type.key).toSorted()).toEqual(["gateway_host", "issues", "user_profile"]);
    expect(await host.provision(alone)).toEqual([]);
    // The same name again starts from nothing: what was consented before must not come back.
    await host.provision(hostModel());
    expect(await sdk.check(agent, "read_note", onNotes)).toBe(false);
  });
});

describe("humans", () => {
  const model = hostModel();
  const without = hostModel({
    humans: model.humans.filter(({ email }) => email !== "lead@example.com"),
    grants: model.grants.filter(({ human }) => human !== "lead@example.com"),
  });

  test("one removed: their agents lose everything and are gone, other humans' agents are untouched", async () => {
    await host.provision(model);
    const sdk = await host.sdk(model);
    const leads = await consent(sdk, "client", "lead@example.com", "issues", "high");
    await sdk.api.users.sync({ key: agentKey("other-client", "lead@example.com") });
    const developers = await consent(sdk, "client", "developer@example.com", "issues", "medium");
    expect(await sdk.check(leads, "delete_issue", onIssues)).toBe(true);
    expect(await host.provision(without)).toEqual([
      "DELETE facts/relationship_tuples/bulk",
      "DELETE facts/relationship_tuples/bulk",
      "DELETE facts/bulk/resource_instances",
      "DELETE facts/bulk/users",
    ]);
    for (const user of [leads, humanKey("lead@example.com")]) {
      expect(await sdk.check(user, "list_issues", onIssues)).toBe(false);
    }
    const { data } = await sdk.api.users.list({ perPage: 100 });
    expect(data.map((user) => user.key).toSorted()).toEqual(
      [developers, ...without.humans.map(({ email }) => humanKey(email))].toSorted(),
    );
    expect(await sdk.check(developers, "create_issue", onIssues)).toBe(true);
    expect(await host.provision(without)).toEqual([]);
    // A returning human starts without their old agents.
    await host.provision(model);
    expect(await sdk.check(leads, "list_issues", onIssues)).toBe(false);
  });

  test("a removal that breaks off after the profile is finished by the next apply", async () => {
    await host.provision(model);
    const sdk = await host.sdk(model);
    const agent = await consent(sdk, "client", "lead@example.com", "issues", "high");
    await host.provisionFailing(without, (request) => request === "DELETE facts/bulk/users");
    expect(await sdk.check(agent, "list_issues", onIssues)).toBe(false);
    expect(await host.provision(without)).toEqual(["DELETE facts/bulk/users"]);
    const { data } = await sdk.api.users.list({ search: profileKey("lead@example.com") });
    expect(data).toEqual([]);
  });
});
