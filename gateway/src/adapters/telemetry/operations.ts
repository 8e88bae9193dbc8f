/** Operations as spans and metrics (OpenTelemetry, semantic conventions for MCP). */
import { performance } from "node:perf_hooks";
import { SpanKind, type Tracer, trace } from "@opentelemetry/api";
import type { Operation, OperationEnd, OperationStart } from "../../deps/telemetry.ts";
import { GatewayError } from "../../errors.ts";
import { carried, carriedInMessage, contextOf, withCarried } from "../../telemetry/message-context.ts";
import { labelsOf, other, serverLabel } from "../../telemetry/operation-labels.ts";
import type { Instruments } from "./instruments.ts";
import { endSpan, failureOf, labelAttributes, serverAttributes, spanAttributes } from "./operation-attributes.ts";
import { contextFrom, parentContext } from "./span-context.ts";

/** Calls `run` the first time and never again. */
function once(run: (end: OperationEnd) => void): (end: OperationEnd) => void {
  let done = false;
  return (end) => {
    if (!done) run(end);
    done = true;
  };
}

/** What is answered with a stream that has no call behind it. */
const streaming = new Set(["GET", "subscriptions/listen"]);

const secondsSince = (fromMs: number) => (performance.now() - fromMs) / 1000;

/** Returns what begins operations. Without a tracer there are metrics alone, and the client's context goes on as it came. */
export function createOperations(
  tracer: Tracer | undefined,
  instruments: Instruments,
): (start: OperationStart) => Operation {
  return (start) => {
    const beganMs = performance.now() - start.elapsedMs;
    const labels = labelsOf(start);
    const attributes = labelAttributes(labels);
    const context = contextOf(start.headers, start.message);
    const name = labels.tool === undefined || labels.tool === other ? labels.method : `${labels.method} ${labels.tool}`;
    const parent = parentContext(context);
    const span = tracer?.startSpan(
      name,
      {
        kind: SpanKind.SERVER,
        startTime: Date.now() - start.elapsedMs,
        attributes: { ...attributes, ...spanAttributes(start, labels) },
      },
      parent,
    );
    const within = span === undefined ? parent : trace.setSpan(parent, span);

    const decision: Operation["decision"] = async (run) => {
      const child = tracer?.startSpan("decision", { kind: SpanKind.CLIENT, attributes: { ...attributes } }, within);
      const fromMs = performance.now();
      const finish = (outcome: string, code?: string) => {
        const label = { "gateway.decision": outcome };
        instruments.decisionDuration.record(secondsSince(fromMs), { "gateway.server": labels.server, ...label });
        child?.setAttributes(label);
        endSpan(child, { code });
      };
      try {
        const allowed = await run();
        finish(allowed ? "allow" : "deny");
        return allowed;
      } catch (error) {
        finish("error", error instanceof GatewayError ? error.code : "INTERNAL");
        throw error;
      }
    };

    const upstream: Operation["upstream"] = (server, method) => {
      // One that the gateway makes is of no tool.
      const of = method === undefined ? labels : { method, tool: undefined };
      const called = labelAttributes({ ...of, server: serverLabel(server) });
      const address = serverAttributes(server.upstreamUrl, server.transport.type);
      const child = tracer?.startSpan(
        method ?? name,
        { kind: SpanKind.CLIENT, attributes: { ...called, ...address } },
        within,
      );
      const fromMs = performance.now();
      const sent = carried(child === undefined ? context : contextFrom(child, context));
      return {
        headers: sent,
        staysOpen: method === undefined && streaming.has(labels.method),
        message: (json) => withCarried(json, child === undefined ? carriedInMessage(json) : sent),
        end: once((end) => {
          instruments.upstreamDuration.record(secondsSince(fromMs), { ...called, ...failureOf(end) });
          endSpan(child, end);
        }),
      };
    };

    const stream: Operation["stream"] = () => {
      instruments.streams.add(1);
      const closed = once(() => instruments.streams.add(-1));
      return () => closed({});
    };

    return {
      traceId: span?.spanContext().traceId ?? context.parent?.traceId,
      decision,
      upstream,
      stream,
      end: once((end) => {
        instruments.operationDuration.record(secondsSince(beganMs), { ...attributes, ...failureOf(end) });
        const { code } = end;
        if (code !== undefined) instruments.refusals.add(1, { "gateway.server": labels.server, "error.type": code });
        endSpan(span, end);
      }),
    };
  };
}
