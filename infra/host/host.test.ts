import { plan } from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { managedResources } from "../permit/managed/resources.ts";
import { hostModel, issuesServer, serverModel } from "../testing/host-model.ts";
import type { ProgramRecord } from "../testing/record-program.ts";
import { runProgram } from "../testing/run-program.ts";

let record: ProgramRecord;
beforeAll(async () => {
  record = await runProgram({ component: "acme", model: hostModel(), today });
});

const permitResources = ({ registrations }: ProgramRecord) =>
  registrations.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/permit:"));

test("one resource per server and one for its grants, named after the component, each waiting for the one before", () => {
  expect(permitResources(record).map(({ type, name, dependsOn }) => [type.split(":").at(-1), name, dependsOn])).toEqual(
    [
      ["Environment", "acme-environment", []],
      ["UserProfile", "acme-user-profile", ["acme-environment"]],
      ["Server", "acme-server-issues", ["acme-user-profile"]],
      ["Server", "acme-server-notes", ["acme-server-issues"]],
      ["Humans", "acme-humans", ["acme-server-notes"]],
      ["ServerGrants", "acme-grants-issues", ["acme-humans"]],
      ["ServerGrants", "acme-grants-notes", ["acme-grants-issues"]],
      ["GatewayHost", "acme-gateway-host", ["acme-grants-notes"]],
      ["HostMembers", "acme-host-members", ["acme-gateway-host"]],
      ["PolicyRecord", "acme-policy", ["acme-host-members"]],
    ],
  );
});

test("the inputs are the plan, in a preview's words, and nothing else: no API key", () => {
  const permit = permitResources(record);
  const inputs = permit.slice(0, -1).map(({ inputs: { __provider: _, ...inputs } }) => inputs);
  expect(inputs).toEqual(managedResources(plan(hostModel(), today)));
  const source = permit[0]?.inputs.__provider;
  expect(source).toContain("@permit-mcp-gateway/infra/permit");
  expect(permit.every(({ inputs }) => inputs.__provider === source)).toBe(true);
});

test("every child belongs to the component and goes with the environment", () => {
  const [component, environment, ...children] = record.registrations;
  expect(component).toMatchObject({ type: "permit-mcp-gateway:index:Host", name: "acme" });
  expect(environment).toMatchObject({ name: "acme-environment", parent: "acme", deletedWith: "", protect: true });
  expect(children.length).toBe(9);
  for (const child of children) expect(child).toMatchObject({ parent: "acme", deletedWith: "acme-environment" });
});

test("the environment's API key is a secret, in the state and as an output", () => {
  const [environment] = permitResources(record);
  expect(environment?.secretOutputs).toEqual(["apiKey"]);
  expect(record.outputs).toEqual({ environmentKey: { secret: true, value: "environment-key" } });
});

test("a server less is two resources less", async () => {
  const grants = hostModel().grants.filter(({ server }) => server === "issues");
  const { registrations } = await runProgram({
    component: "acme",
    model: hostModel({ servers: [issuesServer], grants }),
    today,
  });
  const names = registrations.map(({ name }) => name);
  expect(names.filter((name) => name.includes("notes"))).toEqual([]);
  expect(names).toHaveLength(9);
});

describe("a host that does not fit Permit's quotas", () => {
  const servers = Array.from({ length: 4 }, (_, index) => serverModel(`server-${index}`, { read: "low" }));
  const model = hostModel({ servers, grants: [] });

  test("is refused before anything is registered, with the quota, what it needs and what there is", async () => {
    await expect(runProgram({ component: "acme", model, today, permitPlan: "community" })).rejects.toThrow(
      'The host does not fit the Permit plan "community" (roles: 28 needed, 25 available).',
    );
  });

  test("is made where the plan has none, or none is named", async () => {
    const programs = [{ permitPlan: "unlimited" as const }, {}];
    const records = await Promise.all(programs.map((plan) => runProgram({ component: "acme", model, today, ...plan })));
    expect(records.map(({ registrations }) => registrations.length)).toEqual([15, 15]);
  });
});
