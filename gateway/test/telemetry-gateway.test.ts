/** Traces and metrics of requests that go all the way, from a client to an MCP server. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { post, rpc, toolCall } from "./mcp-requests.ts";
import { startTelemetryGateway } from "./telemetry-gateway.ts";
import { readPrometheus } from "./telemetry-prometheus.ts";
import { attributesOf, startTelemetryReceiver } from "./telemetry-receiver.ts";
import { listen } from "./upstream-fixture.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${spanId}-01`;
const headerTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** An MCP server that keeps what it was sent. */
async function startUpstream(answer: { status: number } = { status: 200 }) {
  const seen: {
    headers: Record<string, unknown>;
    body: { method?: string; params: { _meta?: Record<string, unknown> } };
  }[] = [];
  const upstream = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString() || "{}");
      seen.push({ headers: request.headers, body });
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, result: { content: [], tools: [] } }));
    });
  });
  open.push(upstream);
  return { url: upstream.url, seen };
}

async function start(options: { traced?: boolean; metrics?: boolean; status?: number } = {}) {
  const upstream = await startUpstream({ status: options.status ?? 200 });
  const receiver = await startTelemetryReceiver();
  open.push(receiver);
  const environment =
    options.traced === true ? { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_METRICS_EXPORTER: "none" } : {};
  const gateway = await startTelemetryGateway(
    upstream.url,
    { PORT: await freePort(), ...environment },
    options.metrics === true ? "fetched" : "none",
  );
  open.push(gateway);
  return { upstream, receiver, gateway };
}

/** A call with further members of `_meta`. */
function call(name: string, meta: object, headers: Record<string, string> = {}) {
  const { headers: usual, body } = toolCall(name);
  const params = { ...body.params, _meta: { ...body.params._meta, ...meta } };
  return { headers: { ...usual, ...headers }, body: { ...body, params } };
}

describe("with tracing", () => {
  test("the server gets the client's trace in header and `_meta`, the collector its spans, the audit log its id", async () => {
    const { upstream, receiver, gateway } = await start({ traced: true });
    const meta = { traceparent, tracestate: "vendor=1", baggage: "tenant=blue" };
    const answer = await post(gateway, "token", call("list_issues", meta, { traceparent: headerTrace }));
    expect(answer.status).toBe(200);
    await gateway.telemetry?.close();

    const [sent] = upstream.seen;
    const server = receiver.spans.find(({ kind }) => kind === 2);
    const client = receiver.spans.find(({ name, kind }) => kind === 3 && name !== "decision");
    const decision = receiver.spans.find(({ name }) => name === "decision");
    expect(receiver.spans).toHaveLength(3);
    expect(server).toMatchObject({ traceId, parentSpanId: spanId, name: "tools/call list_issues" });
    expect(client).toMatchObject({ traceId, parentSpanId: server?.spanId });
    expect(decision).toMatchObject({ traceId, parentSpanId: server?.spanId });
    const carried = {
      traceparent: `00-${traceId}-${client?.spanId}-01`,
      tracestate: "vendor=1",
      baggage: "tenant=blue",
    };
    expect(sent?.headers).toMatchObject(carried);
    const { _meta: before } = call("list_issues", {}).body.params;
    expect(sent?.body.params._meta).toEqual({ ...before, ...carried });
    expect(sent?.body.params).toMatchObject({ name: "list_issues", arguments: {} });
    expect(attributesOf(server as never)).toMatchObject({
      "gateway.request.id": answer.headers.get("x-request-id"),
      "http.response.status_code": expect.toSatisfy((status) => Number(status) === 200),
    });
    expect(gateway.records.map((record) => record.traceId)).toEqual(gateway.records.map(() => traceId));
    expect(gateway.records.length).toBeGreaterThan(0);
    expect(JSON.stringify(receiver.requests)).not.toContain("alice@example.com");
  });

  test("a refused call has a span with the code, and no request upstream", async () => {
    const { upstream, receiver, gateway } = await start({ traced: true });
    await post(gateway, "token", call("delete_issue", { traceparent }));
    await post(gateway, "wrong", call("list_issues", {}, { traceparent }));
    await gateway.telemetry?.close();
    expect(upstream.seen).toEqual([]);
    const servers = receiver.spans.filter(({ kind }) => kind === 2);
    expect(servers.map((span) => [span.traceId, span.name, attributesOf(span)["error.type"]])).toEqual([
      [traceId, "tools/call delete_issue", expect.stringMatching(/^[A-Z_]+$/)],
      [traceId, "_OTHER", "TOKEN_INVALID"],
    ]);
    expect(receiver.spans.find(({ name }) => name === "decision")?.traceId).toBe(traceId);
  });

  test("each message of a batch has its own trace", async () => {
    const { upstream, receiver, gateway } = await start({ traced: true });
    const other = "00-11111111111111111111111111111111-2222222222222222-01";
    const bodies = [traceparent, other].map((parent, at) => ({
      ...{ jsonrpc: "2.0", id: at, method: "tools/call" },
      params: { name: "list_issues", _meta: { traceparent: parent } },
    }));
    await post(gateway, "token", { headers: { "mcp-protocol-version": "2025-03-26" }, body: bodies });
    await gateway.telemetry?.close();
    const traces = upstream.seen.map(({ headers }) => String(headers.traceparent).split("-")[1]);
    expect(traces.toSorted()).toEqual(["1".repeat(32), traceId]);
    expect(
      receiver.spans
        .filter(({ kind }) => kind === 2)
        .map((span) => span.traceId)
        .toSorted(),
    ).toEqual(["1".repeat(32), traceId]);
  });
});

describe("without tracing", () => {
  test("the client's own context goes through, and a message that has none stays as it is", async () => {
    const { upstream, receiver, gateway } = await start();
    await post(gateway, "token", call("list_issues", { traceparent, baggage: "a=1" }, { traceparent: headerTrace }));
    await post(gateway, "token", call("list_issues", {}, { traceparent: headerTrace, tracestate: "b=2" }));
    await post(gateway, "token", toolCall("list_issues"));
    const [inMeta, inHeader, none] = upstream.seen;
    expect(inMeta?.headers).toMatchObject({ traceparent, baggage: "a=1" });
    expect(inMeta?.body).toEqual(call("list_issues", { traceparent, baggage: "a=1" }).body);
    expect(inHeader?.headers).toMatchObject({ traceparent: headerTrace, tracestate: "b=2" });
    expect(inHeader?.body).toEqual(toolCall("list_issues").body);
    expect(Object.keys(none?.headers ?? {}).filter((name) => /^trace|^baggage/.test(name))).toEqual([]);
    expect(none?.body).toEqual(toolCall("list_issues").body);
    expect(gateway.records.filter(({ event }) => event === "tool_call").map((record) => record.traceId)).toEqual([
      traceId,
      headerTrace.split("-")[1],
      undefined,
    ]);
    expect(receiver.requests).toEqual([]);
  });
});

describe.each([true, false])("tracing %s: what is not valid", (traced) => {
  test.each([
    ["traceparent", "00-xyz-1-01"],
    ["traceparent", `${traceparent}\r\nx-gateway-auth: Bearer stolen`],
    ["traceparent", `00-${"0".repeat(32)}-${spanId}-01`],
    ["baggage", `a=${"1".repeat(9_000)}`],
    ["baggage", "a=1\u0000"],
    ["tracestate", "a=1\u0007"],
  ])("%s is not passed on", async (key, value) => {
    const { upstream, gateway } = await start({ traced });
    // With a trace that is valid, so that the state is not left out for want of one.
    const meta = key === "traceparent" ? { traceparent: value } : { traceparent, [key]: value };
    const answer = await post(gateway, "token", call("list_issues", meta));
    expect(answer.status).toBe(200);
    const [sent] = upstream.seen;
    expect(JSON.stringify(sent)).not.toContain(JSON.stringify(value).slice(1, -1));
    if (key !== "traceparent") expect(String(sent?.headers.traceparent)).toContain(traceId);
    expect(sent?.headers["x-gateway-auth"]).toBe("Bearer assertion");
  });
});

describe("metrics", () => {
  const count = (samples: ReturnType<typeof readPrometheus>, name: string, labels: object) =>
    samples
      .filter((sample) => sample.name === name)
      .filter((sample) => Object.entries(labels).every(([key, value]) => (sample.labels[key] ?? "") === value))
      .reduce((sum, { value }) => sum + value, 0);
  const read = async (gateway: Awaited<ReturnType<typeof startTelemetryGateway>>) => {
    const response = await fetch(`http://127.0.0.1:${gateway.telemetry?.metricsPort}/metrics`);
    const text = await response.text();
    return { text, samples: readPrometheus(text) };
  };

  test("calls, decisions, refusals, records and HTTP requests are counted once each", async () => {
    const { gateway } = await start({ metrics: true });
    await post(gateway, "token", toolCall("list_issues"));
    await post(gateway, "token", toolCall("delete_issue"));
    await post(gateway, "token", rpc("tools/list"));
    await post(gateway, "wrong", toolCall("list_issues"));
    await post(gateway, "token", { body: "no json" });
    const { samples } = await read(gateway);
    const operations = "mcp_server_operation_duration_seconds_count";
    const issues = { gateway_server: "issues", mcp_method_name: "tools/call" };
    expect(count(samples, operations, {})).toBe(5);
    expect(count(samples, operations, { ...issues, gen_ai_tool_name: "list_issues", error_type: "" })).toBe(1);
    expect(count(samples, operations, { ...issues, gen_ai_tool_name: "delete_issue" })).toBe(1);
    expect(count(samples, operations, { mcp_method_name: "tools/list", error_type: "" })).toBe(1);
    expect(count(samples, "mcp_client_operation_duration_seconds_count", issues)).toBe(1);
    expect(count(samples, "gateway_decision_duration_seconds_count", { gateway_decision: "allow" })).toBe(1);
    expect(count(samples, "gateway_decision_duration_seconds_count", { gateway_decision: "deny" })).toBe(1);
    expect(count(samples, "gateway_refusals_total", {})).toBe(3);
    expect(count(samples, "gateway_refusals_total", { error_type: "TOKEN_INVALID", gateway_server: "_OTHER" })).toBe(1);
    expect(count(samples, "gateway_refusals_total", { error_type: "BODY_NOT_JSON" })).toBe(1);
    expect(count(samples, "gateway_audit_write_duration_seconds_count", {})).toBeGreaterThanOrEqual(2);
    expect(count(samples, "http_server_request_duration_seconds_count", { http_route: "/mcp/:server" })).toBe(5);
    expect(count(samples, "http_server_request_duration_seconds_count", { http_response_status_code: "401" })).toBe(1);
  });

  test("a server that fails is a failure of the server, not a refusal", async () => {
    const { gateway } = await start({ metrics: true, status: 503 });
    await post(gateway, "token", toolCall("list_issues"));
    const { samples } = await read(gateway);
    const failed = { gateway_server: "issues", error_type: "503" };
    expect(count(samples, "mcp_client_operation_duration_seconds_count", failed)).toBe(1);
  });

  test("1,000 invented tools make no series, and no label names a human", async () => {
    const { gateway, upstream } = await start({ metrics: true });
    for (let at = 0; at < 1_000; at += 50) {
      const calls = Array.from({ length: 50 }, (_, next) => post(gateway, "token", toolCall(`invented_${at + next}`)));
      for (const { status } of await Promise.all(calls)) expect(status).toBeGreaterThanOrEqual(200);
    }
    const { text, samples } = await read(gateway);
    expect(text).not.toMatch(/invented|alice|example\.com|client"/);
    const unknown = { gen_ai_tool_name: "_OTHER", error_type: "TOOL_UNKNOWN" };
    expect(count(samples, "mcp_server_operation_duration_seconds_count", unknown)).toBe(1_000);
    expect(samples.filter(({ name }) => name === "mcp_server_operation_duration_seconds_count")).toHaveLength(1);
    expect(upstream.seen).toEqual([]);
  });
});
