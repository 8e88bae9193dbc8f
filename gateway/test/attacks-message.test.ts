/** Attacks in the form of a message. Each asserts what must not happen as well: no call at the upstream, no missing record. */
import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { gateway, prepareAttackedGateway, raw, token, upstream } from "./attacked-gateway.ts";
import { post, rpc, toolCall } from "./mcp-requests.ts";

prepareAttackedGateway();

describe("how it is asked", () => {
  test.each([
    ["null id", `{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"list_issues"}}`, "MESSAGE_INVALID"],
    ["no id", `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"list_issues"}}`, "METHOD_NOT_ALLOWED"],
    ["an id that is a fraction", raw(`"method":"ping"`).replace("1,", "1.5,"), "MESSAGE_INVALID"],
    ["an empty batch", "[]", "MESSAGE_INVALID"],
    ["JSON-RPC 1.0", `{"id":1,"method":"ping"}`, "MESSAGE_INVALID"],
    ["no message", `{"jsonrpc":"2.0","id":1}`, "MESSAGE_INVALID"],
    ["text", `"tools/call"`, "MESSAGE_INVALID"],
    ["nothing", "", "BODY_NOT_JSON"],
    ["cut off", `{"jsonrpc":"2.0","id":1,"method":"tools/ca`, "BODY_NOT_JSON"],
    ["two messages", `${raw(`"method":"ping"`)}${raw(`"method":"ping"`)}`, "BODY_NOT_JSON"],
    ["deep nesting", raw(`"method":"ping","params":{"a":${"[".repeat(200)}${"]".repeat(200)}}`), "MESSAGE_INVALID"],
    ["very deep nesting", "[".repeat(500_000), "BODY_NOT_JSON"],
  ])("%s: 400", async (_what, body, code) => {
    const answer = await post(gateway, token, { body });
    expect([answer.status, answer.body.error?.data.code]).toEqual([400, code]);
    expect(upstream.requests).toEqual([]);
  });

  test("bytes that are not UTF-8", async () => {
    const body = Buffer.from(raw(`"method":"tools/call","params":{"name":"list_issues\u00e9"}`), "latin1");
    expect((await post(gateway, token, { body })).body.error?.data.code).toBe("BODY_NOT_JSON");
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonx"])(
    "content type %s",
    async (type) => {
      const answer = await post(gateway, token, { headers: { "content-type": type }, body: raw(`"method":"ping"`) });
      expect([answer.status, answer.body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
      expect(upstream.requests).toEqual([]);
    },
  );

  test.each(["gzip", "GZIP", "deflate", "br", "zstd", "x-gzip", "identity, gzip", "gzip, identity", "Identity"])(
    "a compressed body, of which nothing is unpacked: %s",
    async (encoding) => {
      // 20 kB that would be 20 MB.
      const body = gzipSync(raw(`"method":"ping","params":{"a":"${" ".repeat(20_000_000)}"}`));
      const answer = await post(gateway, token, { headers: { "content-encoding": encoding }, body });
      expect([answer.status, answer.body.error?.data.code]).toEqual([400, "MESSAGE_INVALID"]);
      expect(upstream.requests).toEqual([]);
    },
  );

  test.each([
    ["lists", "[".repeat(500_000), "]".repeat(500_000)],
    ["objects", '{"a":'.repeat(170_000), `1${"}".repeat(170_000)}`],
  ])("a megabyte of %s, one in the other, as arguments", async (_what, open, close) => {
    const body = raw(`"method":"tools/call","params":{"name":"list_issues","arguments":{"a":${open}${close}}}`);
    const answer = await post(gateway, token, { body });
    // Refused as too deep, or already by the parser, whose stack it would not fit.
    expect(answer.status).toBe(400);
    expect(["BODY_NOT_JSON", "MESSAGE_INVALID"]).toContain(answer.body.error?.data.code);
    expect(upstream.requests).toEqual([]);
  });

  test("a body over 1 MB, declared and chunked", async () => {
    const body = raw(
      `"method":"tools/call","params":{"name":"list_issues","arguments":{"note":"${"x".repeat(1024 * 1024)}"}}`,
    );
    expect((await post(gateway, token, { body })).status).toBe(413);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(
        `${gateway.url}/mcp/issues`,
        { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" } },
        (response) => resolve(response.resume().statusCode),
      );
      sent.on("error", reject);
      sent.write(body.slice(0, body.length / 2));
      sent.end(body.slice(body.length / 2));
    });
    expect(status).toBe(413);
    expect(upstream.requests).toEqual([]);
  });

  test.each([
    "tasks/get",
    "tasks/cancel",
    "tools/delete",
    "Tools/Call",
    "tools/call ",
    "notifications/initialized",
    "",
  ])("the method %j is not passed on", async (method) => {
    const answer = await post(gateway, token, {
      body: { jsonrpc: "2.0", id: 1, method, params: { name: "list_issues" } },
    });
    expect([answer.status, answer.body.error?.code, answer.body.id]).toEqual([200, -32601, 1]);
    expect(upstream.requests).toEqual([]);
  });

  test("from 2026-07-28 on, a method that is not passed on is not found", async () => {
    const answer = await post(gateway, token, rpc("tasks/get"));
    expect([answer.status, answer.body.error?.code, answer.body.id]).toEqual([404, -32601, 1]);
    expect(upstream.requests).toEqual([]);
  });

  test("a task-augmented tool call is a tool call", async () => {
    const { headers, body } = toolCall("delete_issue");
    const answer = await post(gateway, token, {
      headers,
      body: { ...body, params: { ...body.params, task: { ttl: 1 } } },
    });
    expect(answer.body.error?.data.code).toBe("CONSENT_TOO_LOW");
    expect(gateway.world.audit).toHaveLength(1);
  });
});
