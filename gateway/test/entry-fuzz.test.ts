/** Whatever is posted: an intended status, and never a call at the upstream without its record. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post } from "./mcp-requests.ts";
import { listen, toolNames } from "./upstream-fixture.ts";

let gateway: GatewayFixture;
let upstream: Awaited<ReturnType<typeof listen>>;
const calls: string[] = [];
let token = "";

beforeAll(async () => {
  upstream = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      // As a lenient server reads it: any case of the keys, requests and notifications alike.
      if (/tools\/call/i.test(text) && /"method":"tools\/call"/i.test(text)) calls.push(text);
      response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}');
    });
  });
  gateway = await startGateway(upstream.url);
  gateway.world.ceilings.set("alice@example.com", "medium");
  token = `token-${gateway.connect("alice@example.com", "client-a", "medium").id}`;
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const key = fc.constantFrom(
  "jsonrpc",
  "id",
  "method",
  "params",
  "Method",
  "PARAMS",
  "result",
  "error",
  "__proto__",
  "x",
);
const name = fc.oneof(fc.constantFrom(...toolNames, "__proto__", "Delete_Issue"), fc.string());
const method = fc.oneof(
  fc.constantFrom("tools/call", "tools/list", "ping", "initialize", "notifications/initialized", "tasks/get"),
  fc.string(),
);
const params = fc.oneof(
  fc.record({ name, arguments: fc.jsonValue(), _meta: fc.jsonValue() }, { requiredKeys: [] }),
  fc.dictionary(fc.constantFrom("name", "Name", "uri", "_meta", "__proto__"), fc.jsonValue()),
  fc.jsonValue(),
);
const message = fc.record(
  { jsonrpc: fc.constantFrom("2.0", "1.0"), id: fc.oneof(fc.integer(), fc.string(), fc.jsonValue()), method, params },
  { requiredKeys: [] },
);
/** Objects as text, so that keys can come twice. */
const object = fc
  .array(fc.tuple(key, fc.oneof(method, params, fc.jsonValue())), { maxLength: 8 })
  .map(
    (members) => `{${members.map(([each, value]) => `${JSON.stringify(each)}:${JSON.stringify(value)}`).join(",")}}`,
  );
/** Close to what passes, so that the decision is reached. */
const call = fc.record({
  jsonrpc: fc.constant("2.0"),
  id: fc.oneof(fc.integer(), fc.string()),
  method: fc.constant("tools/call"),
  params: fc.record({ name, arguments: fc.dictionary(fc.string(), fc.jsonValue()), "": fc.jsonValue() }),
});
const batch = fc.array(fc.oneof({ weight: 3, arbitrary: call }, { weight: 1, arbitrary: message }), { maxLength: 22 });
const body = fc.oneof(
  { weight: 3, arbitrary: batch.map((value) => JSON.stringify(value)) },
  { weight: 4, arbitrary: call.map((value) => JSON.stringify(value)) },
  { weight: 4, arbitrary: message.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: object },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);
const headers = fc.record(
  {
    "mcp-protocol-version": fc.constantFrom("2026-07-28", "2025-11-25", "x"),
    "mcp-method": fc.constantFrom("tools/call", "tools/list"),
    "mcp-name": fc.constantFrom(...toolNames, "=?base64?bGlzdF9pc3N1ZXM=?="),
    "mcp-session-id": fc.constantFrom("x", ""),
  },
  { requiredKeys: [] },
);

function messagesIn(text: string): number {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.length : 1;
  } catch {
    return 1;
  }
}

test("the JSON-RPC entry", async () => {
  let reached = 0;
  let inBatches = 0;
  await fc.assert(
    fc.asyncProperty(body, fc.oneof(fc.constant({}), headers), async (text, extra) => {
      calls.length = 0;
      gateway.world.audit.length = 0;
      const answer = await post(gateway, token, { headers: extra, body: text });
      expect([200, 202, 400, 404, 413, 502]).toContain(answer.status);
      const allowed = gateway.world.audit.filter((record) => record.decision === "allow");
      expect(calls).toHaveLength(allowed.length);
      reached += calls.length;
      for (const sent of calls) expect(sent).not.toContain('"name":"delete_issue"');
      for (const { tool } of allowed) expect(["list_issues", "create_issue"]).toContain(tool);
      const messages = messagesIn(text);
      expect(gateway.world.audit.length).toBeLessThanOrEqual(messages);
      if (messages > 1) inBatches += allowed.length;
    }),
    { numRuns: 600, interruptAfterTimeLimit: 15_000 },
  );
  // Otherwise the property would hold because nothing ever passes.
  expect(reached).toBeGreaterThan(0);
  expect(inBatches).toBeGreaterThan(0);
});
