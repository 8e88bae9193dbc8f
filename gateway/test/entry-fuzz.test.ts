/**
 * Whatever is posted: an intended status, never a call at the upstream without its record, never a refused one without.
 * `npm run fuzz:mcp` makes 100,000 requests, or as many as FUZZ_RUNS says.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post, toolCall } from "./mcp-requests.ts";
import { listen, toolNames } from "./upstream-fixture.ts";

let gateway: GatewayFixture;
let upstream: Awaited<ReturnType<typeof listen>>;
const calls: string[] = [];
let token = "";
let session = "";

beforeAll(async () => {
  upstream = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      // As a lenient server reads it: any case of the keys, requests and notifications alike.
      if (/tools\/call/i.test(text) && /"method":"tools\/call"/i.test(text)) calls.push(text);
      response
        .writeHead(200, { "content-type": "application/json", "mcp-session-id": "fuzzed" })
        .end('{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}');
    });
  });
  gateway = await startGateway(upstream.url);
  gateway.world.ceilings.set("alice@example.com", "medium");
  token = `token-${gateway.connect("alice@example.com", "client-a", "medium").id}`;
  const initialize = { jsonrpc: "2.0", id: 0, method: "initialize", params: {} };
  session = (await post(gateway, token, { body: initialize })).headers.get("mcp-session-id") ?? "";
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
    "mcp-protocol-version": fc.constantFrom("2026-07-28", "2025-11-25", "2025-03-26", "x", "2026-07-28, 2025-11-25"),
    "mcp-method": fc.constantFrom("tools/call", "tools/list", "Tools/Call"),
    "mcp-name": fc.constantFrom(...toolNames, "=?base64?bGlzdF9pc3N1ZXM=?=", "=?base64?bGlzdF9pc3N1ZXM?="),
    "mcp-param-region": fc.constantFrom("eu", "", "=?base64?DQo=?=", "caf\u00e9", "eu, us"),
    "mcp-session-id": fc.oneof(fc.constantFrom("x", ""), fc.constant("own")),
    accept: fc.constantFrom("application/json", "text/event-stream", "*/*"),
    "content-encoding": fc.constantFrom("identity", "gzip"),
  },
  { requiredKeys: [] },
);
/** What a client of 2026-07-28 sends, of which at most some headers are others or missing. */
const conforming = fc
  .tuple(fc.constantFrom(...toolNames), headers, fc.subarray(["mcp-protocol-version", "mcp-method", "mcp-name"]))
  .map(([tool, changed, kept]) => {
    const message = toolCall(tool);
    const kepts = Object.fromEntries(kept.map((each) => [each, message.headers[each as "mcp-name"]]));
    return { headers: { ...message.headers, ...changed, ...kepts }, text: JSON.stringify(message.body) };
  });
const request = fc.oneof(
  { weight: 4, arbitrary: fc.record({ headers: fc.oneof(fc.constant({}), headers), text: body }) },
  { weight: 1, arbitrary: conforming },
);

/** How many of the messages are calls of tools, as anybody reads them who reads the body at all. */
function callsIn(text: string): number {
  try {
    const parsed: unknown = JSON.parse(text);
    return (Array.isArray(parsed) ? parsed : [parsed]).filter(
      (each: { method?: unknown; id?: unknown } | null) => each?.method === "tools/call" && "id" in Object(each),
    ).length;
  } catch {
    return 0;
  }
}

/** Refused before there was a message: then there is no call that a record could be of. */
const unread = ["BODY_NOT_JSON", "BODY_TOO_LARGE", "MESSAGE_INVALID"];
const runs = Number(process.env.FUZZ_RUNS ?? 800);

test("the JSON-RPC entry", { timeout: 30_000 + runs * 50 }, async () => {
  const reached = { all: 0, inBatches: 0, inSessions: 0, stateless: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(request, async ({ text, headers: chosen }) => {
      calls.length = 0;
      gateway.world.audit.length = 0;
      // So that the rate limits are not what answers.
      gateway.world.now = new Date(gateway.world.now.getTime() + 100);
      const named: Record<string, string | undefined> = chosen;
      const own = named["mcp-session-id"] === "own";
      const sent = { ...chosen, ...(own ? { "mcp-session-id": session } : {}) } as Record<string, string>;
      const answer = await post(gateway, token, { headers: sent, body: text });
      const { audit } = gateway.world;
      expect([200, 202, 400, 404, 413, 502]).toContain(answer.status);
      const allowed = audit.filter((record) => record.decision === "allow");
      expect(calls).toHaveLength(allowed.length);
      for (const each of calls) expect(each).not.toContain('"name":"delete_issue"');
      for (const { tool } of allowed) expect(["list_issues", "create_issue"]).toContain(tool);
      if (unread.includes(answer.body.error?.data?.code ?? "")) {
        // One that was read, and whose name is no text, is on record.
        expect(allowed).toEqual([]);
        expect(audit.length).toBeLessThanOrEqual(1);
      } else expect(audit).toHaveLength(callsIn(text));
      reached.all += calls.length;
      reached.refused += audit.length - allowed.length;
      if (audit.length > 1) reached.inBatches += allowed.length;
      if (own) reached.inSessions += allowed.length;
      if (named["mcp-protocol-version"] === "2026-07-28") reached.stateless += allowed.length;
    }),
    { numRuns: runs },
  );
  // Otherwise the property would hold because nothing of the kind ever passes.
  for (const [kind, count] of Object.entries(reached)) expect([kind, count > 0]).toEqual([kind, true]);
});
