import { plan } from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { beforeAll, expect, test } from "vitest";
import { hostModel, issuesServer } from "../testing/host-model.ts";
import type { ProgramRecord } from "../testing/record-program.ts";
import { runProgram } from "../testing/run-program.ts";

let record: ProgramRecord;
beforeAll(async () => {
  record = await runProgram({ component: "acme", model: hostModel(), today });
});

const permitResources = ({ registrations }: ProgramRecord) =>
  registrations.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/permit:"));

test("one resource per plan object, named after the component, each waiting for the one before", () => {
  expect(permitResources(record).map(({ type, name, dependsOn }) => [type.split(":").at(-1), name, dependsOn])).toEqual(
    [
      ["Environment", "acme-environment", []],
      ["ResourceType", "acme-type-user_profile", ["acme-environment"]],
      ["ResourceType", "acme-type-gateway_host", ["acme-type-user_profile"]],
      ["ResourceType", "acme-type-issues", ["acme-type-gateway_host"]],
      ["ResourceInstance", "acme-instance-issues", ["acme-type-issues"]],
      ["ResourceType", "acme-type-notes", ["acme-instance-issues"]],
      ["ResourceInstance", "acme-instance-notes", ["acme-type-notes"]],
      ["Humans", "acme-humans", ["acme-instance-notes"]],
      ["ServerGrants", "acme-grants-issues", ["acme-humans"]],
      ["ServerGrants", "acme-grants-notes", ["acme-grants-issues"]],
      ["ResourceInstance", "acme-instance-gateway_host", ["acme-grants-notes"]],
      ["HostMembers", "acme-members", ["acme-instance-gateway_host"]],
    ],
  );
});

test("the inputs are the plan's objects and nothing else: no API key", () => {
  const permit = permitResources(record);
  const inputs = permit.map(({ inputs: { __provider: _, ...inputs } }) => inputs);
  const environment = { project: "default", environment: "demo" };
  expect(inputs).toEqual(plan(hostModel(), today).map((object) => ({ environment, object })));
  const source = permit[0]?.inputs.__provider;
  expect(source).toContain("@permit-mcp-gateway/infra/permit");
  expect(permit.every(({ inputs }) => inputs.__provider === source)).toBe(true);
});

test("every child belongs to the component and goes with the environment", () => {
  const [component, environment, ...children] = record.registrations;
  expect(component).toMatchObject({ type: "permit-mcp-gateway:index:Host", name: "acme" });
  expect(environment).toMatchObject({ name: "acme-environment", parent: "acme", deletedWith: "" });
  expect(children.length).toBe(11);
  for (const child of children) expect(child).toMatchObject({ parent: "acme", deletedWith: "acme-environment" });
});

test("the environment's API key is a secret, in the state and as an output", () => {
  const [environment] = permitResources(record);
  expect(environment?.secretOutputs).toEqual(["apiKey"]);
  expect(record.outputs).toEqual({ environmentKey: { secret: true, value: "environment-key" } });
});

test("a server less is three resources less", async () => {
  const grants = hostModel().grants.filter(({ server }) => server === "issues");
  const { registrations } = await runProgram({
    component: "acme",
    model: hostModel({ servers: [issuesServer], grants }),
    today,
  });
  const names = registrations.map(({ name }) => name);
  expect(names.filter((name) => name.includes("notes"))).toEqual([]);
  expect(names).toHaveLength(10);
});
