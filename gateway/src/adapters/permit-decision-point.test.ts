import { Permit } from "permitio";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PermitFixture, permitKey, startPermit } from "../../test/permit-fixture.ts";
import { listen } from "../../test/upstream-fixture.ts";
import { type ClosableDecisionPoint, createPermitDecisionPoint } from "./permit-decision-point.ts";

let permit: PermitFixture;
let decisions: ClosableDecisionPoint;
let sdk: Permit;
const unavailable = { code: "DECISION_UNAVAILABLE" };

beforeAll(async () => {
  permit = await startPermit();
  decisions = createPermitDecisionPoint({ pdpUrl: permit.url, apiKey: permitKey });
  sdk = new Permit({ token: permitKey, pdp: permit.url, apiUrl: permit.url, log: { level: "silent" } });
});
afterAll(async () => {
  await decisions.close();
  await permit.close();
});
beforeEach(() => {
  permit.queries.length = 0;
  permit.failWith = undefined;
});

describe("the same question and the same answer as the SDK", () => {
  const user = "agent|https_3a_2f_2fclient|alice_40example_2ecom";
  const actions = ["list_issues", "create_issue", "delete_issue"];

  test("check", async () => {
    permit.decide = ({ action }) => ({ allow: action !== "delete_issue", result: true, query: {}, debug: {} });
    const ours: boolean[] = [];
    const theirs: boolean[] = [];
    for (const action of actions) {
      ours.push(await decisions.check(user, action, "issues"));
      theirs.push(await sdk.check(user, action, "issues:issues"));
    }
    expect(ours).toEqual([true, true, false]);
    expect(ours).toEqual(theirs);
    for (let index = 0; index < permit.queries.length; index += 2) {
      expect(permit.queries[index]).toEqual(permit.queries[index + 1]);
    }
    expect(permit.queries[0]?.resource).toEqual({ type: "issues", key: "issues", tenant: "default" });
  });

  test("bulk", async () => {
    permit.decide = ({ action }) => ({ allow: action === "create_issue" });
    const ours = await decisions.checkAll(user, actions, "issues");
    const asked = permit.queries.splice(0);
    const theirs = await sdk.bulkCheck(actions.map((action) => ({ user, action, resource: "issues:issues" })));
    expect(ours).toEqual([false, true, false]);
    expect(ours).toEqual(theirs);
    expect(asked).toEqual(permit.queries);
    expect(await decisions.checkAll(user, [], "issues")).toEqual([]);
  });
});

test("calls of one moment go in few requests, and each gets its own answer", async () => {
  permit.requests.length = 0;
  permit.decide = ({ user, action }) => ({ allow: action === "create_issue" && user.key.endsWith("even") });
  const agents = Array.from({ length: 40 }, (_, at) => `agent|${at}|${at % 2 === 0 ? "even" : "odd"}`);
  const asked = agents.flatMap((user) => [
    decisions.check(user, "create_issue", "issues"),
    decisions.check(user, "delete_issue", "issues"),
  ]);
  const expected = agents.flatMap((user) => [user.endsWith("even"), false]);
  expect(await Promise.all(asked)).toEqual(expected);
  expect(permit.requests).toEqual(["POST /allowed/bulk"]);
  // Asked again, and not remembered.
  permit.decide = () => ({ allow: false });
  expect(await decisions.check("agent|0|even", "create_issue", "issues")).toBe(false);
});

test("when the request for many has no answer, none of them is allowed", async () => {
  permit.decide = () => ({ allow: true });
  permit.failWith = 500;
  const asked = Array.from({ length: 5 }, (_, at) => decisions.check(`agent|${at}`, "a", "s"));
  for (const { status } of await Promise.allSettled(asked)) expect(status).toBe("rejected");
});

test.each([
  { allow: "true" },
  { allow: 1 },
  { allow: [true] },
  { allow: {} },
  { result: true },
  [true],
  true,
  null,
  "allow",
  0,
])("%j is no allow", async (answer) => {
  permit.decide = () => answer;
  expect(await decisions.check("u", "a", "s")).toBe(false);
  expect(await decisions.checkAll("u", ["a"], "s")).toEqual([false]);
});

test.each([400, 401, 404, 429, 500, 503])("status %i is no decision", async (status) => {
  permit.decide = () => ({ allow: true });
  permit.failWith = status;
  await expect(decisions.check("u", "a", "s")).rejects.toMatchObject(unavailable);
  await expect(decisions.checkAll("u", ["a"], "s")).rejects.toMatchObject(unavailable);
  expect(await decisions.ready()).toBe(false);
});

test("readiness", async () => {
  expect(await decisions.ready()).toBe(true);
});

describe("a decision point that", () => {
  type Answer = Parameters<typeof listen>[0];
  const redirect: Answer = (_request, response) =>
    response
      .writeHead(307, { location: `${permit.url}/allowed`, "content-type": "application/json" })
      .end('{"allow":true}');
  test.each<[string, Answer]>([
    ["sends no JSON", (_request, response) => response.end('{"allow":true')],
    ["hangs up", (request) => request.socket.destroy()],
    ["redirects", redirect],
    ["is silent", () => undefined],
    ["stops in the middle", (_request, response) => response.writeHead(200).write('{"allow":')],
    ["answers for one question less", (_request, response) => response.end('{"allow":[{"allow":true}]}')],
  ])("%s", async (_what, answer) => {
    permit.decide = () => ({ allow: true });
    const broken = await listen((request, response) => {
      request.resume();
      answer(request, response);
    });
    const client = createPermitDecisionPoint({ pdpUrl: new URL(broken.url).origin, apiKey: permitKey });
    const started = Date.now();
    await expect(client.checkAll("u", ["a", "b"], "s")).rejects.toMatchObject(unavailable);
    expect(Date.now() - started).toBeLessThan(4_000);
    await client.close();
    await broken.close();
  });
});

test("the decision point may live below a path", async () => {
  const paths: (string | undefined)[] = [];
  const below = await listen((request, response) => {
    paths.push(request.url);
    request.resume();
    response.end('{"allow":true}');
  });
  const client = createPermitDecisionPoint({ pdpUrl: `${new URL(below.url).origin}/pdp/`, apiKey: permitKey });
  expect(await client.check("u", "a", "s")).toBe(true);
  expect(paths).toEqual(["/pdp/allowed"]);
  await client.close();
  await below.close();
});
