import { plan } from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hostModel, issuesServer, serverModel } from "../testing/host-model.ts";
import { type Provisioning, startProvisioning } from "../testing/provisioning.ts";
import { startRecordingProxy } from "../testing/recording-proxy.ts";
import { policyRecord } from "./managed/policy-record.ts";
import { type ManagedInputs, managedResources } from "./managed/resources.ts";
import { checkManaged, createManaged, deleteManaged, diffManaged, readManaged } from "./managed-object.ts";
import { type ProviderSettings, providerSettings } from "./provider-settings.ts";

let host: Provisioning;
let proxy: Awaited<ReturnType<typeof startRecordingProxy>>;
let settings: ProviderSettings;
const told: string[] = [];
const model = hostModel();
const resourcesOf = (of = model): readonly ManagedInputs[] => managedResources(plan(of, today));
const [environment] = managedResources(plan(model, today));

beforeEach(async () => {
  host = await startProvisioning();
  proxy = await startRecordingProxy(host.url);
  const config = { permitApiUrl: proxy.url, permitApiKey: host.organizationKey };
  settings = { ...providerSettings(config), wait: async () => undefined, tell: (line) => told.push(line) };
  told.length = 0;
});
afterEach(async () => {
  proxy.close();
  await host.close();
});

const reasons = async (changes: Partial<ProviderSettings>, inputs: ManagedInputs = environment) =>
  (await checkManaged({ ...settings, ...changes }, {}, inputs)).map(({ reason }) => reason);

test("a first up of ten servers makes one schema object per server and two for the host: under 40 in any minute", async () => {
  const names = Array.from({ length: 10 }, (_, index) => `server-${index}`);
  const tools = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`tool_${index}`, "medium"] as const));
  const servers = names.map((name) => serverModel(name, tools));
  const of = hostModel({ servers, grants: [] });
  for (const inputs of resourcesOf(of)) await createManaged(settings, inputs);
  const { writes } = proxy.take();
  expect(writes.filter((request) => request.startsWith("POST schema/"))).toHaveLength(12);
  expect(await host.provision(of)).toEqual([]);
});

test("a write whose answer is lost is not sent again: what is there is read first", async () => {
  const lost = new Set(["POST /v2/projects/default/envs", "POST schema/resources", "POST facts/bulk/users"]);
  proxy.interfere((request) => (lost.delete(request) ? "lose" : undefined));
  for (const inputs of resourcesOf()) await createManaged(settings, inputs);
  expect(lost.size).toBe(0);
  expect(told[0]).toMatch(
    /^Permit did not answer POST \/v2\/projects\/default\/envs: .* Looking at what is there and going on\.$/,
  );
  const { writes } = proxy.take();
  expect(writes.filter((request) => request === "POST /v2/projects/default/envs")).toHaveLength(1);
  expect(writes.filter((request) => request === "POST facts/bulk/users")).toHaveLength(1);
  expect(await host.provision(model)).toEqual([]);
});

test("a Permit that keeps failing is given up on, with its answer", async () => {
  proxy.interfere((request) => (request.startsWith("POST") ? { refuse: 500 } : undefined));
  await expect(createManaged(settings, environment)).rejects.toThrow(
    "Permit answered 500 to POST /v2/projects/default/envs",
  );
  expect(proxy.take().writes).toHaveLength(4);
});

test("drift that no policy can have written is seen too", async () => {
  await host.provision(model);
  const sdk = await host.sdk(model);
  await sdk.api.users.sync({ key: "human|__proto__" });
  await sdk.api.resourceActions.update("issues", "list_issues", { attributes: { tool: "list_issues", more: null } });
  const read = async (kind: string) => {
    const inputs = resourcesOf().find((candidate) => candidate.kind === kind);
    return inputs && (await readManaged(settings, inputs)).inputs;
  };
  expect(await read("humans")).toMatchObject({ humans: { "human|__proto__": "user with the address of nobody" } });
  expect(await read("server")).toMatchObject({
    actions: { list_issues: { attributes: { tool: "list_issues", more: "null" } } },
  });
});

test("a host that moves to another environment is told what becomes of the old one", async () => {
  const moved = { ...environment, environment: "other" };
  expect(await checkManaged(settings, environment, moved)).toEqual([]);
  expect(told).toEqual([
    "The host moves from the Permit environment default/demo to default/other: the old one is deleted, with every " +
      "consent given in it, which needs permit-mcp-gateway:deletable.",
  ]);
  expect(await checkManaged(settings, environment, { ...environment, name: "Other" })).toEqual([]);
  expect(told).toHaveLength(1);
});

test("another day is no change of the policy provisioned last, another policy is one", () => {
  const record = policyRecord(model, "2026-11-24");
  expect(diffManaged(record, policyRecord(model, "2026-11-25"))).toEqual({ changes: false, replaces: [] });
  expect(diffManaged(record, policyRecord(hostModel({ grants: [] }), "2026-11-24")).changes).toBe(true);
});

test("deleting takes only what the host made, and of an adopted host's servers none that the policy still has", async () => {
  await host.provision(model);
  const client = await host.organization.environment(model.permit);
  await client.api.resources.create({ key: "theirs", name: "Theirs", actions: { read: {} } });
  const fewer = hostModel({ servers: [issuesServer], grants: [] });
  for (const inputs of resourcesOf(fewer)) await createManaged({ ...settings, adopt: true }, inputs);
  const types = async () => (await client.api.resources.list()).map(({ key }) => key).toSorted();
  expect(await types()).toEqual(["gateway_host", "issues", "theirs", "user_profile"]);
  for (const inputs of resourcesOf(fewer).slice(1).toReversed()) await deleteManaged(settings, inputs);
  expect(await types()).toEqual(["theirs"]);
});

describe("a stack begins with an environment", () => {
  test("that is not there, or empty, whoever made it", async () => {
    expect(await reasons({})).toEqual([]);
    const api = await host.organization.management();
    await api.environments.create("default", { key: "demo", name: "Demo" });
    expect(await reasons({})).toEqual([]);
  });

  test("not with another host's, also when told to adopt", async () => {
    await host.provision(hostModel({ key: "theirs" }));
    const refusal = "The Permit environment default/demo is in use: it has host theirs in it. Choose another key";
    for (const adopt of [false, true]) expect(await reasons({ adopt })).toEqual([expect.stringContaining(refusal)]);
    await expect(createManaged({ ...settings, adopt: true }, environment)).rejects.toThrow(refusal);
  });

  test("not with one that has anything in it that no host made", async () => {
    const api = await host.organization.management();
    await api.environments.create("default", { key: "demo", name: "Demo" });
    const client = await host.organization.environment(model.permit);
    await client.api.resources.create({ key: "document", name: "Document", actions: { read: {} } });
    const refusal = "it has resource types that this stack did not make in it. Choose another key";
    for (const adopt of [false, true]) expect(await reasons({ adopt })).toEqual([expect.stringContaining(refusal)]);
    expect((await client.api.resources.list()).map(({ key }) => key)).toEqual(["document"]);
  });

  test("with its own host, only when told to adopt, or with what a first up left that broke off", async () => {
    await host.provision(model);
    expect(await reasons({})).toEqual([expect.stringContaining("set permit-mcp-gateway:adopt to true")]);
    expect(await reasons({ adopt: true })).toEqual([]);
    const client = await host.organization.environment(model.permit);
    await client.api.resources.delete("gateway_host");
    expect(await reasons({})).toEqual([expect.stringContaining("set permit-mcp-gateway:adopt to true")]);
    expect(await reasons({ adopt: true })).toEqual([]);
  });

  test("that the plan has room for, its own not counted twice", async () => {
    const api = await host.organization.management();
    for (const key of ["one", "two"]) await api.environments.create("default", { key, name: key });
    const before = (await api.environments.list({ projectKey: "default" })).length;
    for (let index = before; index < 3; index += 1) {
      await api.environments.create("default", { key: `more-${index}`, name: "More" });
    }
    const full = (await api.environments.list({ projectKey: "default" })).length;
    expect(await reasons({ permitPlan: "community" })).toEqual([
      `It does not fit the Permit plan "community": environments: ${full + 1} needed, 3 available.`,
    ]);
    expect(await reasons({ permitPlan: "unlimited" })).toEqual([]);
    expect(await reasons({})).toEqual([]);
  });
});
