import { humanKey, plan, type ResourceTypePlan } from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDynamicProvider } from "../testing/dynamic-provider.ts";
import { hostModel, notesServer, serverModel } from "../testing/host-model.ts";
import { type Provisioning, startProvisioning } from "../testing/provisioning.ts";
import { runProgram } from "../testing/run-program.ts";
import type { ManagedObject } from "./index.ts";

const model = hostModel();
const environment = { project: model.permit.project, environment: model.permit.environment };
const managed = (of = model): ManagedObject[] => plan(of, today).map((object) => ({ environment, object }));
const onIssues = { type: "issues", key: "issues", tenant: "default" };

let host: Provisioning;
let provider: Awaited<ReturnType<typeof startDynamicProvider>>;
beforeAll(async () => {
  host = await startProvisioning();
  const { registrations } = await runProgram({ component: "demo", model, today });
  const serialized = registrations.find(({ name }) => name === "demo-humans")?.inputs.__provider as string;
  provider = await startDynamicProvider(serialized, {
    "permit-mcp-gateway:permitApiUrl": host.url,
    "permit-mcp-gateway:permitApiKey": host.organizationKey,
  });
});
afterAll(async () => {
  await provider.close();
  await host.close();
});

// In this order: each goes on from what the one before left.
test("the serialized providers, in Pulumi's own process, create a host that decides", async () => {
  const ids: string[] = [];
  for (const inputs of managed()) {
    expect(await provider.check(inputs)).toEqual([]);
    const { id, outs } = await provider.create(inputs);
    ids.push(id);
    expect(outs).toMatchObject({ environment, object: inputs.object });
    expect(Object.hasOwn(outs ?? {}, "apiKey")).toBe(inputs.object.kind === "environment");
    expect(JSON.stringify(outs)).not.toContain(host.organizationKey);
  }
  expect(ids).toEqual([
    "default/demo",
    "default/demo/type/user_profile",
    "default/demo/type/gateway_host",
    "default/demo/type/issues",
    "default/demo/instance/issues/issues",
    "default/demo/type/notes",
    "default/demo/instance/notes/notes",
    "default/demo/humans",
    "default/demo/grants/issues",
    "default/demo/grants/notes",
    "default/demo/instance/gateway_host/demo",
    "default/demo/admins/demo",
  ]);
  const sdk = await host.sdk(model);
  expect(await sdk.check(humanKey("developer@example.com"), "create_issue", onIssues)).toBe(true);
  expect(await sdk.check(humanKey("developer@example.com"), "delete_issue", onIssues)).toBe(false);
  // What Pulumi made and what the local start would make are the same.
  expect(await host.provision(model)).toEqual([]);
});

test("an environment that is in use is not taken over", async () => {
  const [inputs] = managed() as [ManagedObject];
  await expect(provider.create(inputs)).rejects.toThrow("The Permit environment default/demo is in use");
});

test("a changed line is a change, the same line is none, another environment is another resource", async () => {
  const changed = hostModel({
    servers: [serverModel("issues", { list_issues: "low", create_issue: "high", delete_issue: "high" }), notesServer],
  });
  const [olds, news] = [managed()[3], managed(changed)[3]] as [ManagedObject, ManagedObject];
  const id = "default/demo/type/issues";
  expect(await provider.diff(id, olds, olds)).toEqual({ changes: false, replaces: [] });
  expect(await provider.diff(id, olds, news)).toEqual({ changes: true, replaces: [] });
  const elsewhere = { ...olds, environment: { project: "default", environment: "other" } };
  expect(await provider.diff(id, olds, elsewhere)).toEqual({ changes: true, replaces: ["environment", "object"] });

  await provider.update(id, olds, news);
  const sdk = await host.sdk(model);
  expect(await sdk.check(humanKey("developer@example.com"), "create_issue", onIssues)).toBe(false);
  expect(await host.provision(changed)).toEqual([]);
  await provider.update(id, news, olds);
});

test("a refresh says what was changed by hand, and the next update repairs it", async () => {
  const inputs = managed()[3] as ManagedObject & { object: ResourceTypePlan };
  const id = "default/demo/type/issues";
  const sdk = await host.sdk(model);
  await sdk.api.resourceRoles.assignPermissions("issues", "low", ["delete_issue"]);
  const refreshed = await provider.read(id, inputs);
  expect(refreshed.props?.drift).toEqual(["issues: role low loses delete_issue"]);
  const olds = { ...inputs, drift: refreshed.props?.drift as string[] };
  expect(await provider.diff(id, olds, inputs)).toMatchObject({ changes: true });
  const { outs } = await provider.update(id, olds, inputs);
  expect(outs).not.toHaveProperty("drift");
  expect(await sdk.check(humanKey("contractor@example.com"), "delete_issue", onIssues)).toBe(false);
});

test("a key that Permit would refuse is refused before anything is written", async () => {
  const inputs = { ...(managed()[3] as ManagedObject), environment: { project: "default", environment: "a/b" } };
  expect(await provider.check(inputs)).toEqual(['"a/b" is no Permit key: letters, digits, "-" and "_" only.']);
});

test("deleting is last to first, and what is gone stays gone for a refresh", async () => {
  const sdk = await host.sdk(model);
  const [admins] = managed().toReversed() as [ManagedObject];
  await provider.delete("default/demo/admins/demo", admins);
  const onHost = { type: "gateway_host", key: "demo", tenant: "default" };
  expect(await sdk.check(humanKey("admin@example.com"), "administer", onHost)).toBe(false);
  for (const inputs of managed().toReversed()) {
    await provider.delete("", inputs);
    // A second time, as after a run that broke off.
    await provider.delete("", inputs);
  }
  for (const inputs of managed()) {
    expect((await provider.read("some-id", inputs)).id).toBe("");
    // The environment is gone, as when somebody deleted it by hand: removing what was in it must still be possible.
    await provider.delete("some-id", inputs);
  }
  const [, type] = managed() as [ManagedObject, ManagedObject];
  await expect(provider.create(type)).rejects.toThrow("does not exist any more");
});
