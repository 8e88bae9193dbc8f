/** How often an agent may call a tool, the tools of a server and of the host, as the policy says it at the time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { alice, gateway, prepareAttackedGateway, upstream } from "./attacked-gateway.ts";
import type { PolicyChange } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";

prepareAttackedGateway("high");

const twice = { max: 2, windowSeconds: 60 };
const ofTool: PolicyChange = { tools: { create_issue: { trust: "medium", rate_limit: twice } } };
const ofServer: PolicyChange = { server: { rate_limit: twice } };
const ofHost: PolicyChange = { host: { rate_limits: { agent: twice } } };
let agents = 0;
/** An agent of which nothing was counted yet. */
const another = (human = alice) => {
  agents += 1;
  gateway.world.ceilings.set(human, "high");
  return `token-${gateway.connect(human, `client-${agents}.limits`, "high").id}`;
};
const call = (as: string, tool = "create_issue") => post(gateway, as, toolCall(tool));
const codeOf = ({ body }: Awaited<ReturnType<typeof call>>) => body.error?.data.code;
const later = (seconds: number) => {
  gateway.world.now = new Date(gateway.world.now.getTime() + seconds * 1000);
};

test.each<[string, PolicyChange, string]>([
  ["a tool", ofTool, 'call "create_issue" of "issues"'],
  ["the tools of a server", ofServer, 'call tools of "issues"'],
  ["the tools of the host", ofHost, "call tools of this host"],
])("%s: refused with the wait, one record, nothing upstream, nobody asked", async (_what, change, what) => {
  gateway.provision(change);
  const agent = another();
  expect([codeOf(await call(agent)), codeOf(await call(agent))]).toEqual([undefined, undefined]);
  later(15);
  upstream.requests.length = 0;
  for (const records of [gateway.world.audit, gateway.world.asked]) records.length = 0;
  const refused = await call(agent);
  const reason = `This agent may ${what} 2 times in 60 seconds. Try again in 45 seconds.`;
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([200, "45"]);
  expect(refused.body.error).toEqual({
    code: -32005,
    message: reason,
    data: { code: "CALL_LIMIT_REACHED", reason, server: "issues", tool: "create_issue", retryAfterSeconds: 45 },
  });
  expect([upstream.requests, gateway.world.asked]).toEqual([[], []]);
  expect(gateway.world.audit.map(({ decision, code }) => [decision, code])).toEqual([["deny", "CALL_LIMIT_REACHED"]]);
  later(45);
  expect(codeOf(await call(agent))).toBeUndefined();
});

test("each agent has its own: another client of the human, another human's same client", async () => {
  gateway.provision(ofHost);
  const agent = another();
  for (let n = 0; n < 3; n += 1) await call(agent);
  expect(codeOf(await call(agent))).toBe("CALL_LIMIT_REACHED");
  gateway.world.ceilings.set("bob@example.com", "high");
  const ofBob = `token-${gateway.connect("bob@example.com", `client-${agents}.limits`, "high").id}`;
  expect([codeOf(await call(another())), codeOf(await call(ofBob))]).toEqual([undefined, undefined]);
});

test("a new consent or another session is no new count", async () => {
  gateway.provision(ofTool);
  const agent = another();
  await call(agent);
  await call(agent);
  const again = `token-${gateway.connect(alice, `client-${agents}.limits`, "high").id}`;
  expect(codeOf(await call(again))).toBe("CALL_LIMIT_REACHED");
});

test("a batch counts every call, and what is over goes nowhere", async () => {
  gateway.provision(ofServer);
  const params = { name: "list_issues", arguments: {} };
  const headers = { "content-type": "application/json" };
  const body = [1, 2, 3, 4, 5].map((id) => ({ jsonrpc: "2.0", id, method: "tools/call", params }));
  upstream.requests.length = 0;
  const answer = await post(gateway, another(), { headers, body });
  expect(answer.text.match(/CALL_LIMIT_REACHED/g)).toHaveLength(3);
  expect(upstream.requests).toHaveLength(2);
  expect(gateway.world.audit.filter(({ code }) => code === "CALL_LIMIT_REACHED")).toHaveLength(3);
});

test("calls that are refused for other reasons count, those that a limit refuses count for no other limit", async () => {
  gateway.provision({ ...ofTool, host: { rate_limits: { agent: { max: 4, windowSeconds: 60 } } } });
  const agent = another();
  expect(codeOf(await call(agent, "hidden_tool"))).toBe("TOOL_UNKNOWN");
  for (let n = 0; n < 9; n += 1) await call(agent);
  expect(codeOf(await call(agent, "list_issues"))).toBeUndefined();
  expect(codeOf(await call(agent, "list_issues"))).toBe("CALL_LIMIT_REACHED");
});

test("other spellings of a tool's name are tools that the policy does not have, and no way around its limit", async () => {
  gateway.provision(ofTool);
  const agent = another();
  for (let n = 0; n < 2; n += 1) await call(agent);
  const names = ["Create_issue", "create_issue ", "create_issu\u0435", "create_issue\u200b"];
  for (const name of names) {
    const headers = { ...toolCall(name).headers, "mcp-name": `=?base64?${Buffer.from(name).toString("base64")}?=` };
    expect(codeOf(await post(gateway, agent, { ...toolCall(name), headers }))).toBe("TOOL_UNKNOWN");
  }
  expect(codeOf(await call(agent))).toBe("CALL_LIMIT_REACHED");
});

test("a limit that changes holds from the next call on; one of another window starts anew", async () => {
  gateway.provision(ofTool);
  const agent = another();
  for (let n = 0; n < 3; n += 1) await call(agent);
  const saying = (max: number, windowSeconds: number): PolicyChange => ({
    tools: { create_issue: { trust: "medium", rate_limit: { max, windowSeconds } } },
  });
  gateway.provision(saying(5, 60));
  expect(codeOf(await call(agent))).toBeUndefined();
  gateway.provision(saying(1, 60));
  expect(codeOf(await call(agent))).toBe("CALL_LIMIT_REACHED");
  gateway.provision(saying(1, 30));
  expect([codeOf(await call(agent)), codeOf(await call(agent))]).toEqual([undefined, "CALL_LIMIT_REACHED"]);
  gateway.provision();
  expect(codeOf(await call(agent))).toBeUndefined();
});

test("what can't be counted is refused", async () => {
  gateway.provision(ofTool);
  const agent = another();
  await call(agent);
  gateway.world.countsFail = true;
  upstream.requests.length = 0;
  expect([codeOf(await call(agent)), upstream.requests.length]).toEqual(["STORE_UNAVAILABLE", 0]);
  gateway.world.countsFail = false;
});

test("law: of any calls, exactly as many as all limits leave room for reach the upstream in a window", async () => {
  const rate = fc.integer({ min: 1, max: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.record({ tool: rate, server: rate, host: rate }),
      fc.array(fc.constantFrom("create_issue", "list_issues"), { minLength: 1, maxLength: 8 }),
      async (max, calls) => {
        const window = (limit: number) => ({ max: limit, windowSeconds: 60 });
        gateway.provision({
          host: { rate_limits: { agent: window(max.host) } },
          server: { rate_limit: window(max.server) },
          tools: { create_issue: { trust: "medium", rate_limit: window(max.tool) } },
        });
        const agent = another();
        upstream.ran.length = 0;
        for (const tool of calls) await call(agent, tool);
        let [all, created] = [0, 0];
        const expected = calls.filter((tool) => {
          const room = all < Math.min(max.server, max.host) && (tool !== "create_issue" || created < max.tool);
          if (room) all += 1;
          if (room && tool === "create_issue") created += 1;
          return room;
        });
        expect(upstream.ran).toEqual(expected);
      },
    ),
    { numRuns: 20 },
  );
});
