/** What the SDK sends and shows, over real HTTP, without the rest of the gateway. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createOpenTelemetry, type OpenTelemetry } from "../src/adapters/telemetry/open-telemetry.ts";
import { openTelemetry } from "../src/adapters/telemetry/telemetry.ts";
import type { AuditSink } from "../src/deps/audit.ts";
import type { OperationStart } from "../src/deps/telemetry.ts";
import { GatewayError } from "../src/errors.ts";
import { metrics, prometheusName } from "../src/telemetry/metric-catalogue.ts";
import { noTelemetry } from "../src/telemetry/no-telemetry.ts";
import type { TelemetrySettings } from "../src/telemetry/settings.ts";
import { timedAudit } from "../src/telemetry/timed-audit.ts";
import { settingsOf } from "../testing/host-settings.ts";
import { readPrometheus } from "./telemetry-prometheus.ts";
import { attributesOf, startTelemetryReceiver, type TelemetryReceiver } from "./telemetry-receiver.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const parent = `00-${traceId}-${spanId}-01`;
const unsampled = `00-${traceId}-${spanId}-00`;

const host = settingsOf({
  servers: {
    issues: { attributes: { upstream_url: "https://issues.example.com/mcp" }, tools: { list_issues: "low" } },
  },
});
const issues = host.servers.get("issues");
if (issues === undefined) throw new Error("the host has no such server");

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function toolCall(name: string, meta: object = {}): OperationStart {
  return {
    requestId: "request-1",
    httpMethod: "POST",
    headers: { "mcp-protocol-version": "2026-07-28" },
    message: { kind: "request", id: 7, method: "tools/call", params: { name, _meta: meta } },
    host,
    grants: [{ server: "issues" }],
    elapsedMs: 2,
  };
}

const settings: TelemetrySettings = {
  serviceName: "gateway-under-test",
  resource: { "deployment.environment.name": "test" },
  sampler: "parentbased_always_on",
  ratio: 1,
  traces: undefined,
  metrics: undefined,
  listener: undefined,
};

async function start(change: Partial<TelemetrySettings>): Promise<OpenTelemetry & { readonly said: unknown[] }> {
  const said: unknown[] = [];
  const log = { info: (line: unknown) => said.push(line), warn: (line: unknown) => said.push(line) };
  const telemetry = await createOpenTelemetry({ ...settings, ...change }, log as never);
  open.push(telemetry);
  return Object.assign(telemetry, { said });
}

async function startWithReceiver(change: Partial<TelemetrySettings> = {}) {
  const receiver = await startTelemetryReceiver();
  open.push(receiver);
  const headers = { authorization: "Basic placeholder" };
  const telemetry = await start({ traces: { url: `${receiver.url}/v1/traces`, headers }, ...change });
  return { receiver, telemetry };
}

const listener = { host: "127.0.0.1", port: 0 };
const metricsUrl = ({ metricsPort }: OpenTelemetry) => `http://127.0.0.1:${metricsPort}/metrics`;
const readMetrics = async (telemetry: OpenTelemetry) =>
  readPrometheus(await (await fetch(metricsUrl(telemetry))).text());

/** A call that is allowed and answered. */
async function call(telemetry: OpenTelemetry, asked: OperationStart) {
  const operation = telemetry.begin(asked);
  await operation.decision(async () => true);
  const upstream = operation.upstream(issues as NonNullable<typeof issues>);
  upstream.end({ status: 200 });
  operation.end({ status: 200 });
  return { operation, upstream };
}

const named = ({ spans }: TelemetryReceiver, kind: number) =>
  spans.find((span) => span.kind === kind && span.name !== "decision");

describe("traces", () => {
  test("the span of a call has the client's span as parent, and the decision and the upstream as children", async () => {
    const { receiver, telemetry } = await startWithReceiver();
    const { operation, upstream } = await call(telemetry, toolCall("list_issues", { traceparent: parent }));
    await telemetry.close();

    const server = named(receiver, 2);
    const client = named(receiver, 3);
    const decision = receiver.spans.find(({ name }) => name === "decision");
    expect(receiver.spans.length).toBe(3);
    expect(receiver.spans.map((span) => span.traceId)).toEqual([traceId, traceId, traceId]);
    expect(operation.traceId).toBe(traceId);
    expect(server).toMatchObject({ name: "tools/call list_issues", parentSpanId: spanId });
    expect(client).toMatchObject({ name: "tools/call list_issues", parentSpanId: server?.spanId });
    expect(decision?.parentSpanId).toBe(server?.spanId);
    expect(upstream.headers).toEqual({ traceparent: `00-${traceId}-${client?.spanId}-01` });
    expect(attributesOf(server as never)).toMatchObject({
      "mcp.method.name": "tools/call",
      "gen_ai.tool.name": "list_issues",
      "gen_ai.operation.name": "execute_tool",
      "gateway.server": "issues",
      "gateway.request.id": "request-1",
      "jsonrpc.request.id": "7",
      "mcp.protocol.version": "2026-07-28",
      "network.transport": "tcp",
    });
    expect(attributesOf(client as never)).toMatchObject({ "server.address": "issues.example.com", "server.port": 443 });
    expect(attributesOf(decision as never)).toMatchObject({ "gateway.decision": "allow" });
    // The request had waited for two milliseconds when it was read.
    expect(BigInt(server?.endTimeUnixNano ?? 0) - BigInt(server?.startTimeUnixNano ?? 0)).toBeGreaterThan(1_000_000n);
    const [sent] = receiver.requests;
    expect(sent?.headers).toMatchObject({ authorization: "Basic placeholder", "content-type": "application/json" });
    expect(sent?.body).toContain("gateway-under-test");
    expect(sent?.body).toContain("deployment.environment.name");
  });

  test("a client without a trace gets one, and its state and baggage go on", async () => {
    const { receiver, telemetry } = await startWithReceiver();
    const alone = await call(telemetry, toolCall("list_issues"));
    const meta = { traceparent: parent, tracestate: "a=1", baggage: "b=2" };
    const json = {
      jsonrpc: "2.0",
      id: 7,
      method: "tools/call",
      params: { name: "list_issues", _meta: { ...meta, c: 3 } },
    };
    const { upstream } = await call(telemetry, toolCall("list_issues", meta));
    await telemetry.close();
    expect(alone.operation.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(alone.upstream.headers.traceparent).toMatch(new RegExp(`^00-${alone.operation.traceId}-[0-9a-f]{16}-03$`));
    expect(upstream.headers).toMatchObject({ tracestate: "a=1", baggage: "b=2" });
    expect(upstream.message(json)).toEqual({
      ...json,
      params: { ...json.params, _meta: { c: 3, ...upstream.headers } },
    });
    expect(receiver.spans.filter(({ parentSpanId }) => !parentSpanId)).toHaveLength(1);
  });

  test("a trace that the client does not keep is not kept, and goes on", async () => {
    const { receiver, telemetry } = await startWithReceiver();
    const { upstream } = await call(telemetry, toolCall("list_issues", { traceparent: unsampled }));
    await telemetry.close();
    expect(upstream.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!${spanId})[0-9a-f]{16}-00$`));
    expect(receiver.spans).toEqual([]);
  });

  test.each([
    ["always_on", unsampled, 3],
    ["always_off", parent, 0],
    ["traceidratio", parent, 0],
    ["parentbased_always_off", parent, 3],
    ["parentbased_always_off", undefined, 0],
    ["parentbased_traceidratio", undefined, 0],
  ] as const)("%s with %s keeps %i spans", async (sampler, traceparent, count) => {
    const { receiver, telemetry } = await startWithReceiver({ sampler, ratio: 0 });
    await call(telemetry, toolCall("list_issues", traceparent === undefined ? {} : { traceparent }));
    await telemetry.close();
    expect(receiver.spans.length).toBe(count);
  });

  test("what is refused says why; what a client made up is not said", async () => {
    const { receiver, telemetry } = await startWithReceiver();
    const operation = telemetry.begin(toolCall("private name of alice@example.com"));
    operation.end({ code: "TOOL_UNKNOWN" });
    operation.end({ status: 200 });
    await telemetry.close();
    expect(receiver.spans).toHaveLength(1);
    expect(receiver.spans[0]).toMatchObject({ name: "tools/call", status: { code: 2 } });
    expect(attributesOf(receiver.spans[0] as never)).toMatchObject({
      "error.type": "TOOL_UNKNOWN",
      "gen_ai.tool.name": "_OTHER",
      "rpc.response.status_code": expect.stringMatching(/^-32\d{3}$/),
    });
    expect(receiver.requests[0]?.body).not.toContain("alice");
  });

  test("a session is a digest", async () => {
    const { receiver, telemetry } = await startWithReceiver();
    const session = "sealed-session-of-an-agent";
    await call(telemetry, { ...toolCall("list_issues"), headers: { "mcp-session-id": session } });
    await telemetry.close();
    expect(attributesOf(named(receiver, 2) as never)["mcp.session.id"]).toMatch(/^[0-9a-f]{32}$/);
    expect(receiver.requests.map(({ body }) => body).join()).not.toContain(session);
  });

  test("a receiver that fails holds nothing up, and is said once, without what it answered", async () => {
    const { receiver, telemetry } = await startWithReceiver();
    receiver.status = 400;
    await call(telemetry, toolCall("list_issues"));
    await telemetry.close();
    expect(telemetry.said).toEqual([{ what: "traces", code: "TELEMETRY_NOT_SENT" }]);
  });

  test("a receiver that is not there does not keep the gateway from ending", async () => {
    const telemetry = await start({ traces: { url: "http://127.0.0.1:9/v1/traces", headers: {} } });
    await call(telemetry, toolCall("list_issues"));
    const before = performance.now();
    await telemetry.close();
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  test("what a decision throws comes through", async () => {
    const { receiver, telemetry } = await startWithReceiver();
    const operation = telemetry.begin(toolCall("list_issues"));
    const refused = new GatewayError("DECISION_UNAVAILABLE");
    await expect(operation.decision(() => Promise.reject(refused))).rejects.toBe(refused);
    operation.end({ code: refused.code });
    await telemetry.close();
    const decision = receiver.spans.find(({ name }) => name === "decision");
    expect(attributesOf(decision as never)).toMatchObject({ "error.type": "DECISION_UNAVAILABLE" });
  });
});

/** Something of everything, so that each metric has a series. */
async function traffic(telemetry: OpenTelemetry): Promise<void> {
  await call(telemetry, toolCall("list_issues"));
  const refused = telemetry.begin(toolCall("list_issues"));
  await refused.decision(async () => false);
  refused.upstream(issues as NonNullable<typeof issues>).end({ status: 502 });
  refused.end({ code: "CEILING_TOO_LOW" });
  telemetry.begin(toolCall("list_issues")).stream();
  telemetry.httpAnswered({ method: "POST", route: "/mcp/:server", status: 200, durationMs: 3 });
  telemetry.httpAnswered({ method: "POST", route: "/mcp/:server", status: 503, durationMs: 3 });
  telemetry.tokenRefreshed("issues", "refreshed");
  let fails = false;
  const write = async () => {
    if (fails) throw new GatewayError("AUDIT_UNAVAILABLE");
  };
  const audit = timedAudit<AuditSink>({ write, note: () => undefined }, telemetry, () => performance.now());
  await audit.write({} as never);
  fails = true;
  await expect(audit.write({} as never)).rejects.toThrow("AUDIT_UNAVAILABLE");
  telemetry.observe({
    auditQueueLength: () => 0,
    sessions: () => 2,
    signingKeyAgeSeconds: async () => 86_400,
    policyReadAt: () => new Date(Date.now() - 1_500),
    auditLagSeconds: () =>
      new Map([
        ["cloudwatch", 4],
        ["unknown", undefined],
      ]),
  });
}

describe("/metrics", () => {
  test("is Prometheus' text format, with every metric of the catalogue and its labels, and no other", async () => {
    const telemetry = await start({ listener });
    await traffic(telemetry);
    const samples = await readMetrics(telemetry);
    const families = new Set(samples.map(({ name }) => name.replace(/_(?:bucket|sum|count)$/, "")));
    expect([...families].toSorted()).toEqual([...Object.values(metrics).map(prometheusName), "target_info"].toSorted());
    for (const metric of Object.values(metrics)) {
      const of = samples.filter(({ name }) => name.startsWith(prometheusName(metric)));
      const labels = new Set(of.flatMap((sample) => Object.keys(sample.labels)).filter((label) => label !== "le"));
      expect([metric.name, [...labels].toSorted()]).toEqual([
        metric.name,
        metric.labels.map((label) => label.replaceAll(".", "_")).toSorted(),
      ]);
    }
    const value = (name: string, labels: object = {}) =>
      samples.find(
        (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
      )?.value;
    const ok = { mcp_method_name: "tools/call", gateway_server: "issues", gen_ai_tool_name: "list_issues" };
    expect(value("mcp_server_operation_duration_seconds_count", ok)).toBe(1);
    expect(value("mcp_client_operation_duration_seconds_count", { ...ok, error_type: "502" })).toBe(1);
    expect(value("gateway_refusals_total", { error_type: "CEILING_TOO_LOW" })).toBe(1);
    expect(value("gateway_decision_duration_seconds_count", { gateway_decision: "deny" })).toBe(1);
    expect(value("gateway_audit_write_duration_seconds_count", { error_type: "AUDIT_UNAVAILABLE" })).toBe(1);
    expect(value("gateway_audit_queue_length")).toBe(0);
    expect(value("gateway_audit_lag_seconds", { gateway_audit_destination: "cloudwatch" })).toBe(4);
    expect(value("gateway_mcp_streams")).toBe(1);
    expect(value("gateway_signing_key_age_seconds")).toBe(86_400);
  });

  test("1,000 invented tools, methods and servers make no new series", async () => {
    const telemetry = await start({ listener });
    const start1 = { ...toolCall("list_issues"), host: undefined, grants: undefined };
    for (let at = 0; at < 1_000; at += 1) {
      telemetry.begin(toolCall(`invented_${at}`)).end({ code: "TOOL_UNKNOWN" });
      telemetry
        .begin({ ...start1, message: { kind: "request", id: at, method: `invented/${at}` } })
        .end({ status: 200 });
      telemetry.begin({ ...toolCall("x"), grants: [{ server: `invented-${at}` }] }).end({ code: "SERVER_UNKNOWN" });
      telemetry.httpAnswered({ method: `M${at}`, route: undefined, status: 404, durationMs: 1 });
      const entered = {
        key: `own-${at}`,
        upstreamUrl: "https://example.com",
        enteredBy: "user",
        transport: { type: "http" },
      };
      telemetry
        .begin(toolCall("list_issues"))
        .upstream(entered as never)
        .end({ status: 200 });
    }
    const text = await (await fetch(metricsUrl(telemetry))).text();
    expect(text).not.toMatch(/invented|own-\d|M\d/);
    const counts = readPrometheus(text).filter(({ name }) => name.endsWith("_count"));
    expect(counts.length).toBeLessThan(10);
    expect(counts.find(({ labels }) => labels.error_type === "TOOL_UNKNOWN")?.value).toBe(1_000);
  });

  test("a reading that fails is missing, and the others are there", async () => {
    const telemetry = await start({ listener });
    telemetry.observe({
      signingKeyAgeSeconds: () => Promise.reject(new Error("down")),
      sessions: () => {
        throw new Error("down");
      },
      policyReadAt: () => new Date(),
    });
    const names = (await readMetrics(telemetry)).map(({ name }) => name);
    expect(names).toContain("gateway_policy_age_seconds");
    expect(names).not.toContain("gateway_signing_key_age_seconds");
    expect(names).not.toContain("gateway_mcp_sessions");
  });

  test("a policy that was never read is as old as the process", async () => {
    const telemetry = await start({ listener });
    telemetry.observe({ policyReadAt: () => undefined });
    const age = (await readMetrics(telemetry)).find(({ name }) => name === "gateway_policy_age_seconds")?.value ?? 0;
    expect(Math.abs(age - process.uptime())).toBeLessThan(5);
  });

  test("is there for GET and HEAD, and nothing else is", async () => {
    const telemetry = await start({ listener });
    const answer = async (method: string, path: string) => {
      const response = await fetch(`http://127.0.0.1:${telemetry.metricsPort}${path}`, { method });
      return [response.status, (await response.text()).length > 0];
    };
    expect(await answer("GET", "/metrics")).toEqual([200, true]);
    expect(await answer("GET", "/metrics?name=x")).toEqual([200, true]);
    expect(await answer("HEAD", "/metrics")).toEqual([200, false]);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
      expect(await answer(method, "/metrics")).toEqual([405, false]);
    for (const path of ["/", "/metrics/", "/metrics/x", "/mcp", "/healthz"])
      expect(await answer("GET", path)).toEqual([404, false]);
  });

  test("a large body is not kept", async () => {
    const telemetry = await start({ listener });
    const status = await new Promise((resolve, reject) => {
      const sending = request(metricsUrl(telemetry), { method: "POST" }, (response) => resolve(response.statusCode));
      sending.on("error", reject).end("x".repeat(1_000_000));
    });
    expect(status).toBe(405);
  });

  test("is closed with the gateway, and a port that is taken is an error", async () => {
    const telemetry = await start({ listener });
    const port = telemetry.metricsPort ?? 0;
    await expect(start({ listener: { host: "127.0.0.1", port } })).rejects.toThrow("EADDRINUSE");
    await telemetry.close();
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });
});

test("metrics are pushed, under their names in OpenTelemetry", async () => {
  const receiver = await startTelemetryReceiver();
  open.push(receiver);
  const telemetry = await start({ metrics: { url: `${receiver.url}/v1/metrics`, headers: {}, intervalMs: 60_000 } });
  await traffic(telemetry);
  await telemetry.close();
  expect([...receiver.metrics].toSorted()).toEqual(
    Object.values(metrics)
      .map(({ name }) => name)
      .toSorted(),
  );
});

test("without settings nothing is measured, and the SDK is not loaded", async () => {
  expect(await openTelemetry(undefined, { info: () => undefined, warn: () => undefined } as never)).toBe(noTelemetry);
  // What `server.ts` imports before it knows the settings.
  const source = readFileSync(new URL("../src/adapters/telemetry/telemetry.ts", import.meta.url), "utf8");
  expect(source.match(/^import (?!type).*$/gm)?.filter((line) => !line.includes("config.ts"))).toEqual([
    'import { noTelemetry } from "../../telemetry/no-telemetry.ts";',
  ]);
});
