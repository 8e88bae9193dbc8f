import { humanKey, plan } from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDynamicProvider } from "../testing/dynamic-provider.ts";
import { hostModel, notesServer, serverModel } from "../testing/host-model.ts";
import { type Provisioning, startProvisioning } from "../testing/provisioning.ts";
import { runProgram } from "../testing/run-program.ts";
import { type ManagedInputs, managedResources, policyRecord } from "./index.ts";

const model = hostModel();
const managed = (of = model): ManagedInputs[] => [...managedResources(plan(of, today)), policyRecord(of, today)];
/** The inputs of one kind; of the first server. */
function inputsOf<Kind extends ManagedInputs["kind"]>(kind: Kind, of = model): Extract<ManagedInputs, { kind: Kind }> {
  const found = managed(of).find((inputs): inputs is Extract<ManagedInputs, { kind: Kind }> => inputs.kind === kind);
  if (found === undefined) throw new Error(`There is no ${kind}.`);
  return found;
}
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
    expect(outs).toMatchObject(inputs);
    expect(Object.hasOwn(outs ?? {}, "apiKey")).toBe(inputs.kind === "environment");
    expect(JSON.stringify(outs)).not.toContain(host.organizationKey);
  }
  expect(ids).toEqual([
    "default/demo",
    "default/demo/type/user_profile",
    "default/demo/server/issues",
    "default/demo/server/notes",
    "default/demo/humans",
    "default/demo/grants/issues",
    "default/demo/grants/notes",
    "default/demo/host/demo",
    "default/demo/members/demo",
    "default/demo/policy",
  ]);
  const sdk = await host.sdk(model);
  expect(await sdk.check(humanKey("developer@example.com"), "create_issue", onIssues)).toBe(true);
  expect(await sdk.check(humanKey("developer@example.com"), "delete_issue", onIssues)).toBe(false);
  // What Pulumi made and what the local start would make are the same.
  expect(await host.provision(model)).toEqual([]);
});

test("an environment that is in use is not taken over", async () => {
  const refusal = "The Permit environment default/demo is in use: it has host demo in it.";
  const inputs = inputsOf("environment");
  await expect(provider.create(inputs)).rejects.toThrow(refusal);
  // A preview tells it already.
  expect(await provider.check(inputs)).toEqual([expect.stringContaining(refusal)]);
});

test("a changed line is a change, the same line is none, another environment is another resource", async () => {
  const changed = hostModel({
    servers: [serverModel("issues", { list_issues: "low", create_issue: "high", delete_issue: "high" }), notesServer],
  });
  const [olds, news] = [inputsOf("server"), inputsOf("server", changed)];
  const id = "default/demo/server/issues";
  expect(await provider.diff(id, olds, olds)).toEqual({ changes: false, replaces: [] });
  expect(await provider.diff(id, olds, news)).toEqual({ changes: true, replaces: [] });
  const elsewhere = { ...olds, environment: "other" };
  expect(await provider.diff(id, olds, elsewhere)).toEqual({ changes: true, replaces: ["environment"] });

  await provider.update(id, olds, news);
  const sdk = await host.sdk(model);
  expect(await sdk.check(humanKey("developer@example.com"), "create_issue", onIssues)).toBe(false);
  // The host's own resource, which was not updated here, says that a server is another.
  expect(await host.provision(changed)).toEqual(["PATCH facts/resource_instances/gateway_host:demo"]);
  await provider.update(id, news, olds);
});

test("a refresh says what was changed by hand, and the next update repairs it", async () => {
  const inputs = inputsOf("server");
  const id = "default/demo/server/issues";
  const sdk = await host.sdk(model);
  await sdk.api.resourceRoles.assignPermissions("issues", "low", ["delete_issue"]);
  const { props } = await provider.read(id, inputs);
  expect(props).toMatchObject({ actions: { delete_issue: { allowedTo: "low, high" } } });
  const olds = props as unknown as typeof inputs;
  expect(await provider.diff(id, olds, inputs)).toMatchObject({ changes: true });
  await provider.update(id, olds, inputs);
  expect(await sdk.check(humanKey("contractor@example.com"), "delete_issue", onIssues)).toBe(false);
});

test("a key that Permit would refuse is refused before anything is written", async () => {
  const inputs = { ...inputsOf("server"), environment: "a/b" };
  expect(await provider.check(inputs)).toEqual(['"a/b" is no Permit key: letters, digits, "-" and "_" only.']);
});

test("deleting is last to first, and what is gone stays gone for a refresh", async () => {
  const sdk = await host.sdk(model);
  await provider.delete("default/demo/members/demo", inputsOf("host-members"));
  const onHost = { type: "gateway_host", key: "demo", tenant: "default" };
  expect(await sdk.check(humanKey("admin@example.com"), "administer", onHost)).toBe(false);
  for (const inputs of managed().toReversed()) {
    await provider.delete("", inputs);
    // A second time, as after a run that broke off.
    await provider.delete("", inputs);
  }
  for (const inputs of managed().slice(0, -1)) {
    expect((await provider.read("some-id", inputs)).id).toBe("");
    // The environment is gone, as when somebody deleted it by hand: removing what was in it must still be possible.
    await provider.delete("some-id", inputs);
  }
  await expect(provider.create(inputsOf("user-profile"))).rejects.toThrow("does not exist any more");
});

test("an environment that was there before the host is emptied, not deleted", async () => {
  const api = await host.organization.management();
  await api.environments.create("default", { key: "demo", name: "Ours" });
  for (const inputs of managed()) await provider.create(inputs);
  const sdk = await host.sdk(model);
  await sdk.api.users.sync({ key: "somebody-else" });
  await sdk.api.resources.create({ key: "theirs", name: "Theirs", actions: { read: {} } });
  await provider.delete("default/demo", inputsOf("environment"));
  expect((await api.environments.get("default", "demo")).key).toBe("demo");
  expect((await sdk.api.resources.list()).map(({ key }) => key)).toEqual(["theirs"]);
  expect((await sdk.api.users.list()).data.map(({ key }) => key)).toEqual(["somebody-else"]);
  expect(await sdk.api.relationshipTuples.list({})).toEqual([]);
});
