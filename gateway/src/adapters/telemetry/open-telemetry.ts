/** Telemetry by the SDK of OpenTelemetry. Nothing is registered globally: no library's own spans get in, and none is patched. */
import { randomUUID } from "node:crypto";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { FastifyBaseLogger } from "fastify";
import type { Readings, Telemetry } from "../../deps/telemetry.ts";
import { errorType } from "../../telemetry/operation-labels.ts";
import type { TelemetrySettings } from "../../telemetry/settings.ts";
import { createInstruments } from "./instruments.ts";
import { startMetricsListener } from "./metrics-listener.ts";
import { observeProcess, observeReadings } from "./observed.ts";
import { createOperations } from "./operations.ts";
import { createPrometheusReader } from "./prometheus-reader.ts";
import { reporting } from "./reporting-exporter.ts";
import { samplerOf } from "./sampler.ts";

const scope = "permit-mcp-gateway";
/** A stop waits no longer for what was not delivered. */
const closeTimeoutMs = 2_000;
const exportTimeoutMs = 10_000;
/** Of one metric, in memory: what comes after these is counted without its labels. */
const seriesMax = 5_000;

/** The methods of HTTP that have a name in metrics (RFC 9110, RFC 5789). */
const httpMethods = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]);

/** Telemetry whose metrics can be fetched where the settings say so. */
export interface OpenTelemetry extends Telemetry {
  /** The port of `/metrics`; undefined without a listener. */
  readonly metricsPort: number | undefined;
}

/** Starts measuring. Throws when the port of `/metrics` is used by another process. */
export async function createOpenTelemetry(
  settings: TelemetrySettings,
  log: Pick<FastifyBaseLogger, "info" | "warn">,
): Promise<OpenTelemetry> {
  const resource = resourceFromAttributes({
    "service.instance.id": randomUUID(),
    ...settings.resource,
    "service.name": settings.serviceName,
  });
  const destination = ({
    url,
    headers,
  }: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  }) => ({
    url,
    headers: { ...headers },
    timeoutMillis: exportTimeoutMs,
  });
  const { traces, metrics, listener } = settings;
  const prometheus = listener === undefined ? undefined : createPrometheusReader(seriesMax);
  const pushing =
    metrics === undefined
      ? undefined
      : new PeriodicExportingMetricReader({
          exporter: reporting("metrics", new OTLPMetricExporter(destination(metrics)), log),
          exportIntervalMillis: metrics.intervalMs,
          exportTimeoutMillis: Math.min(exportTimeoutMs, metrics.intervalMs),
          cardinalityLimits: { default: seriesMax },
        });
  const readers = [prometheus?.reader, pushing].filter((reader) => reader !== undefined);
  const meterProvider = new MeterProvider({ resource, readers });
  const tracerProvider =
    traces === undefined
      ? undefined
      : new TracerProvider({
          resource,
          sampler: samplerOf(settings),
          spanProcessors: [
            new BatchSpanProcessor({ exporter: reporting("traces", new OTLPTraceExporter(destination(traces)), log) }),
          ],
          spanLimits: { attributeValueLengthLimit: 256 },
        });

  const meter = meterProvider.getMeter(scope);
  const instruments = createInstruments(meter);
  let readings: Readings = {};
  let closing: Promise<void> | undefined;
  observeProcess(meter);
  observeReadings(meter, () => readings);
  const listening =
    listener === undefined || prometheus === undefined
      ? undefined
      : await startMetricsListener(listener, prometheus.text).catch(async (error: unknown) => {
          await meterProvider.shutdown();
          throw error;
        });

  return {
    metricsPort: listening?.port,
    begin: createOperations(tracerProvider?.getTracer(scope), instruments),
    httpAnswered: ({ method, route, status, durationMs }) => {
      const failed = status >= 500 ? { "error.type": String(status) } : {};
      instruments.httpDuration.record(durationMs / 1000, {
        "http.request.method": httpMethods.has(method) ? method : "_OTHER",
        ...(route === undefined ? {} : { "http.route": route }),
        "http.response.status_code": status,
        "url.scheme": "http",
        ...failed,
      });
    },
    auditWritten: (durationMs, code) => {
      const type = errorType({ code });
      instruments.auditWriteDuration.record(durationMs / 1000, type === undefined ? {} : { "error.type": type });
    },
    tokenRefreshed: (server, outcome) =>
      instruments.tokenRefreshes.add(1, { "gateway.server": server, "gateway.outcome": outcome }),
    observe: (more) => {
      readings = { ...readings, ...more };
    },
    close: () => {
      closing ??= Promise.race([
        Promise.allSettled([listening?.close(), tracerProvider?.shutdown(), meterProvider.shutdown()]),
        new Promise((resolve) => setTimeout(resolve, closeTimeoutMs).unref()),
      ]).then(() => undefined);
      return closing;
    },
  };
}
