/** What is read when somebody asks for metrics. */
import { performance } from "node:perf_hooks";
import type { Meter, ObservableResult } from "@opentelemetry/api";
import type { Readings } from "../../deps/telemetry.ts";
import { type Metric, metrics } from "../../telemetry/metric-catalogue.ts";

type Observe = (result: ObservableResult) => void | Promise<void>;

/** A reading that fails is missing: it must not take the others with it. */
function gauge(meter: Meter, { name, unit, description }: Metric, observe: Observe): void {
  meter.createObservableGauge(name, { unit, description }).addCallback(async (result) => {
    await Promise.resolve(result)
      .then(observe)
      .catch(() => undefined);
  });
}

function one(read: () => number | undefined | Promise<number | undefined>): Observe {
  return async (result) => {
    const value = await read();
    if (value !== undefined) result.observe(value);
  };
}

/** Observes what the gateway tells of itself. `readings` gives those of the moment. */
export function observeReadings(meter: Meter, readings: () => Readings): void {
  gauge(
    meter,
    metrics.auditQueue,
    one(() => readings().auditQueueLength?.()),
  );
  gauge(
    meter,
    metrics.sessions,
    one(() => readings().sessions?.()),
  );
  gauge(
    meter,
    metrics.signingKeyAge,
    one(() => readings().signingKeyAgeSeconds?.()),
  );
  gauge(
    meter,
    metrics.policyAge,
    one(() => {
      const { policyReadAt } = readings();
      if (policyReadAt === undefined) return undefined;
      const readAt = policyReadAt();
      // Never read is as old as the process: an alarm must not wait for the first time.
      return readAt === undefined ? process.uptime() : (Date.now() - readAt.getTime()) / 1000;
    }),
  );
  gauge(meter, metrics.auditLag, (result) => {
    for (const [destination, seconds] of readings().auditLagSeconds?.() ?? []) {
      if (seconds !== undefined) result.observe(seconds, { "gateway.audit.destination": destination });
    }
  });
}

/** Observes the process: processor, memory, event loop. */
export function observeProcess(meter: Meter): void {
  const { cpuTime, memory, uptime, eventLoop } = metrics;
  meter.createObservableCounter(cpuTime.name, cpuTime).addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { "cpu.mode": "user" });
    result.observe(system / 1e6, { "cpu.mode": "system" });
  });
  meter
    .createObservableUpDownCounter(memory.name, memory)
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  gauge(
    meter,
    uptime,
    one(() => process.uptime()),
  );
  let before = performance.eventLoopUtilization();
  gauge(
    meter,
    eventLoop,
    one(() => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    }),
  );
}
