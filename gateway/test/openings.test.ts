/** Resources, prompts and further methods: open from the trust that the policy says, each decision recorded. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerAttributes } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startFixtureServer } from "../conformance/fixture-server.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, rpc } from "./mcp-requests.ts";

const alice = "alice@example.com";
let upstream: Server;
let gateway: GatewayFixture;
let reached = 0;
let token = "";

beforeAll(async () => {
  upstream = await startFixtureServer(0);
  upstream.on("request", () => {
    reached += 1;
  });
  gateway = await startGateway(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`);
});
afterAll(async () => {
  await gateway.close();
  upstream.closeAllConnections();
  upstream.close();
});
beforeEach(() => {
  gateway.world.ceilings.set(alice, "medium");
  token = `token-${gateway.connect(alice, "client-a", "medium").id}`;
  gateway.world.requests.length = 0;
  gateway.world.asked.length = 0;
  gateway.world.factsFail = false;
  reached = 0;
});

const named = (method: string, params: { name?: string; uri?: string }) => {
  const { headers, body } = rpc(method, params);
  return { headers: { ...headers, "mcp-name": params.name ?? params.uri ?? "" }, body };
};
const resources = [
  rpc("resources/list"),
  rpc("resources/templates/list"),
  named("resources/read", { uri: "test://static-text" }),
  rpc("completion/complete", {
    ref: { type: "ref/resource", uri: "test://template/{id}/data" },
    argument: { name: "id", value: "1" },
  }),
];
const prompts = [
  rpc("prompts/list"),
  named("prompts/get", { name: "test_simple_prompt" }),
  rpc("completion/complete", {
    ref: { type: "ref/prompt", name: "test_prompt_with_arguments" },
    argument: { name: "arg1", value: "p" },
  }),
];

test.each<[string, Partial<ServerAttributes>]>([
  ["by default", {}],
  ["from the agent's own trust on", { resources: "medium", prompts: "medium" }],
])("open %s, and on record", async (_what, server) => {
  gateway.provision({ server });
  for (const message of [...resources, ...prompts]) {
    expect((await post(gateway, token, message)).body.result, message.body.method).toBeDefined();
  }
  const recorded = gateway.world.requests.map(({ method, decision }) => `${method} ${decision}`);
  expect(recorded).toEqual([...resources, ...prompts].map(({ body }) => `${body.method} allow`));
  // What was named is the caller's: only the method is kept.
  expect(JSON.stringify(gateway.world.requests)).not.toContain("static-text");
});

describe.each<[string, Partial<ServerAttributes>]>([
  ["off", { resources: "off", prompts: "off" }],
  ["above the agent's trust", { resources: "high", prompts: "high" }],
])("%s: refused, the upstream hears nothing, one record each", (_what, server) => {
  test.each([...resources, ...prompts].map((message) => [message.body.method, message] as const))(
    "%s %#",
    async (method, message) => {
      gateway.provision({ server });
      const { status, body } = await post(gateway, token, message);
      expect([status, body.error?.code, body.error?.data.code]).toEqual([200, -32004, "NOT_OPEN"]);
      expect(reached).toBe(0);
      expect(gateway.world.requests).toMatchObject([{ event: "request", decision: "deny", code: "NOT_OPEN", method }]);
    },
  );
});

test("one part off leaves the other open", async () => {
  gateway.provision({ server: { resources: "off" } });
  expect((await post(gateway, token, rpc("prompts/list"))).body.result).toBeDefined();
  expect((await post(gateway, token, rpc("resources/list"))).body.error?.data.code).toBe("NOT_OPEN");
});

test("a ceiling that is lowered, or taken away, holds from the next request on", async () => {
  gateway.provision({ server: { resources: "medium" } });
  const code = async () => (await post(gateway, token, rpc("resources/list"))).body.error?.data.code;
  expect(await code()).toBeUndefined();
  gateway.world.ceilings.set(alice, "low");
  expect(await code()).toBe("NOT_OPEN");
  gateway.provision();
  expect(await code()).toBeUndefined();
  gateway.world.ceilings.delete(alice);
  expect(await code()).toBe("NOT_OPEN");
});

describe("where no tool has that trust", () => {
  test("ceiling and consent are read; what can't be read opens nothing", async () => {
    const grant = gateway.connect(alice, "client-a", "medium");
    gateway.provision({ server: { resources: "high" }, tools: { create_issue: "medium", delete_issue: "medium" } });
    gateway.world.ceilings.set(alice, "high");
    const code = async () => (await post(gateway, `token-${grant.id}`, rpc("resources/list"))).body.error?.data.code;
    expect(await code()).toBe("NOT_OPEN");
    gateway.connect(alice, "client-a", "high");
    expect(await code()).toBeUndefined();
    gateway.world.factsFail = true;
    expect(await code()).toBe("PERMIT_UNAVAILABLE");
    expect(gateway.world.requests.map(({ decision }) => decision)).toEqual(["deny", "allow", "deny"]);
  });
});

test("a method that nobody knows passes where the policy names it, from its trust on", async () => {
  const list = rpc("skills/list");
  expect((await post(gateway, token, list)).body.error?.data.code).toBe("METHOD_NOT_ALLOWED");
  expect(reached).toBe(0);
  gateway.provision({ server: { methods: { "skills/list": "high" } } });
  expect((await post(gateway, token, list)).body.error?.data.code).toBe("NOT_OPEN");
  gateway.provision({ server: { methods: { "skills/list": "low" } } });
  // The fixture does not have it either: the answer is its own.
  expect((await post(gateway, token, list)).body.error).toMatchObject({ code: -32601 });
  expect(reached).toBe(1);
  expect(gateway.world.requests.map(({ code }) => code)).toEqual(["METHOD_NOT_ALLOWED", "NOT_OPEN", "ALLOWED"]);
});

test("of a further method, too, headers and body must agree", async () => {
  gateway.provision({ server: { methods: { "tasks/get": "low" } } });
  const { headers, body } = rpc("tasks/get", { taskId: "a" });
  const named = (name: string) => post(gateway, token, { headers: { ...headers, "mcp-name": name }, body });
  expect((await named("b")).body.error?.code).toBe(-32020);
  expect(reached).toBe(0);
  expect((await named("a")).body.error?.code).toBe(-32601);
  expect(reached).toBe(1);
});

test("a subscription goes on without what is not open", async () => {
  gateway.provision({ server: { resources: "off", prompts: "high" } });
  const { headers, body } = rpc("subscriptions/listen", {
    notifications: {
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: ["test://static-text"],
      somethingNew: true,
    },
  });
  const response = await fetch(`${gateway.url}/mcp/issues`, {
    method: "POST",
    headers: {
      ...{ authorization: `Bearer ${token}`, accept: "application/json, text/event-stream" },
      ...{ "content-type": "application/json", ...headers },
    },
    body: JSON.stringify(body),
  });
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  const [data] = /\{.*\}/.exec(new TextDecoder().decode(value)) ?? [];
  expect(JSON.parse(data ?? "{}")).toMatchObject({
    method: "notifications/subscriptions/acknowledged",
    params: { notifications: { toolsListChanged: true } },
  });
  expect(data).not.toMatch(/promptsListChanged|resource/);
});
