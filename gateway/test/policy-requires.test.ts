/** A policy that needs what this gateway does not have is refused: tool, server or host, and nothing reaches the upstream. */
import { features } from "@permit-mcp-gateway/policies";
import { describe, expect, test } from "vitest";
import { supportedFeatures } from "../src/features.ts";
import { alice, gateway, prepareAttackedGateway, token, upstream } from "./attacked-gateway.ts";
import type { PolicyChange } from "./gateway-fixture.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";

prepareAttackedGateway("high");

const listed = async () => {
  const { body } = await post(gateway, token, rpc("tools/list"));
  return ((body.result?.tools ?? []) as { name: string }[]).map((tool) => tool.name);
};
const ready = async () => {
  const answer = await gateway.app.inject({ url: "/readyz" });
  return { status: answer.statusCode, policy: (answer.json() as { policy: string }).policy };
};
const create = "create_issue";

describe("a tool", () => {
  const approval = `By the policy, calls of "create_issue" on "issues" wait for the approval of a human, and this gateway can't ask for one yet. Ask an admin.`;
  const needs = (features: string) =>
    `The policy of "create_issue" on "issues" needs ${features}, which this gateway does not have: update it, or change the policy. Ask an admin.`;
  test.each<[string, PolicyChange, string, string]>([
    [
      "that requires an approval",
      { tools: { [create]: { trust: "medium", requires: ["approval"] } } },
      "APPROVAL_REQUIRED",
      approval,
    ],
    [
      "that asks for one by hand",
      { tools: { [create]: { trust: "medium", approval: true } } },
      "APPROVAL_REQUIRED",
      approval,
    ],
    [
      "of a host that asks for approvals from medium on",
      { host: { approval: { from: "medium" } } },
      "APPROVAL_REQUIRED",
      approval,
    ],
    [
      "of a host with agents that wait for none, which is not to be had without the rest",
      { host: { approval: { from: "medium", bypass: [{ client: "client-a" }] } } },
      "APPROVAL_REQUIRED",
      approval,
    ],
    [
      "that requires what no version knows",
      { tools: { [create]: { trust: "medium", requires: ["geofence", "two-eyes"] } } },
      "POLICY_UNSUPPORTED",
      needs("geofence, two-eyes"),
    ],
    [
      "that requires that beside an approval",
      { tools: { [create]: { trust: "medium", requires: ["approval", "geofence"] } } },
      "POLICY_UNSUPPORTED",
      needs("geofence"),
    ],
  ])("%s: refused when called, hidden in the list, recorded", async (_what, change, code, reason) => {
    gateway.provision(change);
    const answer = await post(gateway, token, toolCall(create));
    expect(answer.status).toBe(200);
    expect(answer.body.error).toEqual({
      code: -32004,
      message: "Permission denied",
      data: { code, reason, server: "issues", tool: create },
    });
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit).toMatchObject([
      { decision: "deny", code, tool: create, trust: "medium", human: alice, reason },
    ]);

    expect(await listed()).not.toContain(create);
    // Another tool of the server is nobody's business here.
    expect((await post(gateway, token, toolCall("list_issues"))).body.result).toBeDefined();
    expect(upstream.ran).toEqual(["list_issues"]);
    expect((await ready()).status).toBe(200);
  });

  test("that waits for an approval and is above the agent's ceiling is refused for the ceiling", async () => {
    gateway.provision({ tools: { [create]: { trust: "medium", approval: true } } });
    gateway.world.ceilings.set(alice, "low");
    expect((await post(gateway, token, toolCall(create))).body.error?.data.code).toBe("CEILING_TOO_LOW");
  });

  test("that waits for an approval waits in a batch, as a task, and when it is tried again with answers", async () => {
    gateway.provision({ tools: { [create]: { trust: "medium", approval: true } } });
    const params = { name: create, arguments: {} };
    const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
    const headers = { "mcp-protocol-version": "2025-11-25" };
    const again = toolCall(create);
    const answers = [
      await post(gateway, token, {
        body: [message, { ...message, id: 2, params: { ...params, name: "list_issues" } }],
      }),
      await post(gateway, token, { headers, body: { ...message, params: { ...params, task: { ttl: 60_000 } } } }),
      await post(gateway, token, {
        ...again,
        body: { ...again.body, params: { ...again.body.params, inputResponses: { a: { action: "accept" } } } },
      }),
    ];
    for (const { text } of answers) expect(text).toContain("APPROVAL_REQUIRED");
    expect(upstream.ran.filter((tool) => tool === create)).toEqual([]);
    expect(gateway.world.audit.filter(({ code }) => code === "APPROVAL_REQUIRED")).toHaveLength(3);
  });

  test("is called again once the policy needs it no more", async () => {
    gateway.provision({ tools: { [create]: { trust: "medium", approval: true } } });
    expect((await post(gateway, token, toolCall(create))).body.error?.data.code).toBe("APPROVAL_REQUIRED");
    gateway.provision();
    expect((await post(gateway, token, toolCall(create))).body.result).toBeDefined();
    expect(await listed()).toContain(create);
  });
});

describe("a server", () => {
  test.each<[string, PolicyChange, string]>([
    ["that requires what no version knows", { server: { requires: ["mutual-tls"] } }, "mutual-tls"],
  ])("%s: nothing of it passes", async (_what, change, needs) => {
    gateway.provision(change);
    for (const message of [toolCall("list_issues"), rpc("tools/list"), rpc("resources/list"), rpc("ping")]) {
      const { status, body } = await post(gateway, token, message);
      expect([status, body.error?.code, body.error?.data.code]).toEqual([200, -32004, "POLICY_UNSUPPORTED"]);
      expect(body.error?.data.reason).toContain(`The policy of "issues" needs ${needs}, `);
    }
    const stream = await fetch(`${gateway.url}/mcp/issues`, {
      headers: { authorization: `Bearer ${token}`, accept: "text/event-stream" },
    });
    expect([stream.status, await stream.json()]).toMatchObject([
      403,
      { error: { data: { code: "POLICY_UNSUPPORTED" } } },
    ]);
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit.map(({ decision, code, tool }) => [decision, code, tool])).toEqual([
      ["deny", "POLICY_UNSUPPORTED", "list_issues"],
    ]);
    expect((await ready()).status).toBe(200);
  });
});

describe("a host", () => {
  test.each<[string, PolicyChange, string]>([
    ["that requires what no version knows", { host: { requires: ["quantum"] } }, "quantum"],
  ])("%s: the gateway is not ready and says why, and nothing passes", async (_what, change, needs) => {
    gateway.provision(change);
    const sentence = `The policy of this host needs ${needs}, which this gateway does not have: update it, or change the policy.`;
    expect(await ready()).toEqual({ status: 503, policy: sentence });
    for (const message of [toolCall("list_issues"), rpc("tools/list")]) {
      const { body } = await post(gateway, token, message);
      expect(body.error?.data).toMatchObject({ code: "POLICY_UNSUPPORTED", reason: `${sentence} Ask an admin.` });
    }
    // Who is not known learns nothing of the policy.
    expect((await post(gateway, undefined, toolCall("list_issues"))).body.error?.data.code).toBe("TOKEN_MISSING");
    expect(upstream.requests).toEqual([]);
    expect(gateway.world.audit.map(({ code }) => code)).toEqual(["POLICY_UNSUPPORTED"]);
  });
});

test("what this gateway has is something that a policy can require", () => {
  expect(supportedFeatures.filter((feature) => !(features as readonly string[]).includes(feature))).toEqual([]);
});
