import type { Counter, Histogram, Meter, UpDownCounter } from "@opentelemetry/api";
import { type Metric, metrics } from "../../telemetry/metric-catalogue.ts";

type Named = typeof metrics;
type OfKind<Kind extends Metric["instrument"]> = {
  [Name in keyof Named]: Named[Name]["instrument"] extends Kind ? Name : never;
}[keyof Named];

/** What is recorded when it happens, by its name in the catalogue. */
export type Instruments = Readonly<
  Record<OfKind<"histogram">, Histogram> & Record<OfKind<"counter">, Counter> & Record<OfKind<"updown">, UpDownCounter>
>;

/** Makes the instruments of the catalogue that are not observed. */
export function createInstruments(meter: Meter): Instruments {
  const histogram = ({ name, unit, description, boundaries }: Metric) =>
    meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: [...(boundaries ?? [])] } });
  const counter = ({ name, unit, description }: Metric) => meter.createCounter(name, { unit, description });
  const { streams } = metrics;
  return {
    httpDuration: histogram(metrics.httpDuration),
    operationDuration: histogram(metrics.operationDuration),
    upstreamDuration: histogram(metrics.upstreamDuration),
    decisionDuration: histogram(metrics.decisionDuration),
    auditWriteDuration: histogram(metrics.auditWriteDuration),
    refusals: counter(metrics.refusals),
    tokenRefreshes: counter(metrics.tokenRefreshes),
    streams: meter.createUpDownCounter(streams.name, { unit: streams.unit, description: streams.description }),
  };
}
