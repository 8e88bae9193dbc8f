/** What the policy says of records, through the door: when they are durable, and what they tell of a call's arguments. */
import { argumentsDigest, redactedText } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { lineOf, noLine } from "../src/audit/line.ts";
import { keepSecrets } from "../testing/test-log.ts";
import { type GatewayFixture, type PolicyChange, startGateway } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

const alice = "alice@example.com";
let upstream: UpstreamFixture;
let gateway: GatewayFixture;
let token = "";

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(upstream.url);
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.ran.length = 0;
  upstream.requests.length = 0;
  const { world } = gateway;
  for (const map of [world.grants, world.ceilings, world.consents]) map.clear();
  world.audit.length = 0;
  Object.assign(world, { auditFails: false, auditHolds: undefined });
  world.ceilings.set(alice, "high");
  token = `token-${gateway.connect(alice, "client-a", "high").id}`;
  gateway.provision();
});
const call = (tool: string, args: object = {}) => post(gateway, token, toolCall(tool, args));

describe("lowCalls: before-call", () => {
  beforeEach(() => gateway.provision({ host: { audit: { lowCalls: "before-call" } } }));

  test("while the record of a low call is not durable, nothing reaches the upstream", async () => {
    const { promise, resolve: store } = Promise.withResolvers<void>();
    gateway.world.auditHolds = promise;
    const answered = vi.fn();
    const answer = call("list_issues").finally(answered);
    await expect.poll(() => gateway.world.audit.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const before = [answered.mock.calls.length, upstream.requests.length, upstream.ran.length];
    store();
    expect((await answer).body.result).toBeDefined();
    expect(before).toEqual([0, 0, 0]);
    expect(upstream.ran).toEqual(["list_issues"]);
  });

  test("a low call that can't be recorded is not made", async () => {
    gateway.world.auditFails = true;
    const answer = await call("list_issues");
    expect(answer.body.error?.data.code).toBe("AUDIT_UNAVAILABLE");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([upstream.requests, upstream.ran]).toEqual([[], []]);
  });
});

describe("what a record tells of the arguments", () => {
  const [password, apiToken, card] = ["hunter2-hunter2-1", "tok-0123456789abcdef", "4111-1111-1111-1111"];
  keepSecrets([password, apiToken]);
  const note = { text: "plain text", password, nested: [{ token: apiToken }, { token: "tok-of-another-kind" }], card };
  const withPaths: PolicyChange = {
    host: { audit: { arguments: "full", redact: ["$.note.password"] } },
    server: { audit: { redact: ["$..token"] } },
    tools: { create_issue: { trust: "medium", audit: { redact: ["$.note['card']"] } } },
  };
  const shown = {
    note: {
      text: "plain text",
      ...{ password: redactedText, card: redactedText },
      nested: [{ token: redactedText }, { token: redactedText }],
    },
  };
  const recorded = () => gateway.world.audit.at(-1) ?? expect.fail("no record");
  /** The record, and what is stored and shipped of it. */
  const allOf = (record = recorded()) =>
    JSON.stringify(record) + lineOf(record, { replica: "r1", chain: "c1", sequence: 1, previous: noLine });
  const expectNowhere = (...texts: readonly string[]) => {
    for (const text of texts) expect(allOf()).not.toContain(text);
  };

  test("by default nothing", async () => {
    expect((await call("create_issue", { note })).text).toContain("plain text");
    expect(recorded()).not.toHaveProperty("arguments");
    expectNowhere("plain text", password, argumentsDigest({ note }));
  });

  test("digest: equal for equal arguments in whatever order, another one for others, and nothing else", async () => {
    gateway.provision({ host: { audit: { arguments: "digest" } } });
    const turned = { card, nested: note.nested.map((item) => ({ ...item })), password, text: note.text };
    for (const args of [{ note }, { note: turned }, { note: { ...note, text: "other text" } }]) {
      expect((await call("create_issue", args)).body.result).toBeDefined();
    }
    const [first, second, third] = gateway.world.audit.map((record) => record.arguments);
    expect(first).toEqual({ digest: argumentsDigest({ note }) });
    expect(second).toEqual(first);
    expect(third?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(third).not.toEqual(first);
    expectNowhere("other text", password, apiToken, card);
  });

  test("full: redacted by what host, server and tool say together; the upstream has all of it", async () => {
    gateway.provision(withPaths);
    const answer = await call("create_issue", { note });
    for (const secret of [password, apiToken, card]) expect(answer.text).toContain(secret);
    expect(recorded()).toMatchObject({ decision: "allow", arguments: { shown } });
    expect(recorded().arguments).toEqual({ digest: argumentsDigest({ note }), shown });
    expectNowhere(password, apiToken, "tok-of-another-kind", card);
    expect(allOf()).toContain("plain text");
  });

  test("full: what one tool says is not said of another", async () => {
    gateway.provision(withPaths);
    await call("delete_issue", { note });
    expect(recorded().arguments?.shown).toEqual({ note: { ...shown.note, card } });
    expectNowhere(password, apiToken);
  });

  test("a refused call is told of in the same way", async () => {
    gateway.provision(withPaths);
    gateway.world.ceilings.set(alice, "low");
    expect((await call("create_issue", { note })).body.error?.data.code).toBe("CEILING_TOO_LOW");
    expect(recorded()).toMatchObject({ decision: "deny", code: "CEILING_TOO_LOW" });
    expect(recorded().arguments).toEqual({ digest: argumentsDigest({ note }), shown });
    expectNowhere(password, apiToken, card);
    expect(upstream.requests).toEqual([]);
  });

  test("a tool that no policy knows: nothing, as nobody has said what of it may be shown", async () => {
    gateway.provision(withPaths);
    expect((await call("hidden_tool", { note })).body.error).toBeDefined();
    expect(recorded()).toMatchObject({ decision: "deny", tool: "hidden_tool" });
    expect(recorded()).not.toHaveProperty("arguments");
    expectNowhere("plain text", password);
  });

  test("the closest holds: a tool of whose arguments nothing is kept", async () => {
    const tools: PolicyChange["tools"] = {
      create_issue: { trust: "medium", audit: { arguments: "none", redact: [] } },
    };
    gateway.provision({ ...withPaths, tools });
    await call("create_issue", { note });
    expect(recorded()).not.toHaveProperty("arguments");
    expectNowhere("plain text");
  });

  test("arguments of more than 64 kB: their digest alone", async () => {
    gateway.provision(withPaths);
    // `{"note":"..."}` around it.
    const [fits, large] = [{ note: "x".repeat(64 * 1024 - 11) }, { note: "x".repeat(64 * 1024 - 10) }];
    await call("create_issue", fits);
    expect(recorded().arguments).toEqual({ digest: argumentsDigest(fits), shown: fits });
    expect((await call("create_issue", large)).body.result).toBeDefined();
    expect(recorded().arguments).toEqual({ digest: argumentsDigest(large) });
    expectNowhere("xxxxxxxx");
    // Of bytes, not of characters.
    const accented = { note: "é".repeat(40 * 1024) };
    await call("create_issue", accented);
    expect(recorded().arguments).toEqual({ digest: argumentsDigest(accented) });
  });
});
