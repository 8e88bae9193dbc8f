import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MetricReader, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { prometheusBaseName } from "../../telemetry/metric-catalogue.ts";

/** Collects when it is asked to. */
class FetchedReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** Names end with the unit (OpenTelemetry, Prometheus compatibility, metric metadata), which the serializer leaves out. */
function withUnits(metrics: ResourceMetrics): ResourceMetrics {
  return {
    ...metrics,
    scopeMetrics: metrics.scopeMetrics.map((scope) => ({
      ...scope,
      metrics: scope.metrics.map((metric) => {
        const { name, unit } = metric.descriptor;
        // Without the unit itself: the text format has no line "# UNIT".
        return { ...metric, descriptor: { ...metric.descriptor, name: prometheusBaseName(name, unit), unit: "" } };
      }),
    })),
  };
}

/** Metrics to be fetched, in Prometheus' text format (version 0.0.4), with at most so many series of each. */
export function createPrometheusReader(seriesMax: number): {
  readonly reader: MetricReader;
  text(): Promise<string>;
} {
  const reader = new FetchedReader({ cardinalitySelector: () => seriesMax });
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  return {
    reader,
    text: async () => {
      // Errors are of single readings, which are then missing.
      const { resourceMetrics } = await reader.collect();
      return `${serializer.serialize(withUnits(resourceMetrics)).trimEnd()}\n`;
    },
  };
}
