import type { FastifyBaseLogger } from "fastify";

/** How an exporter says what became of a delivery: 0 for success. */
interface ExportResult {
  readonly code: number;
}

interface Exporter<Items> {
  export(items: Items, done: (result: ExportResult) => void): void;
}

/**
 * Says once that deliveries fail and once that they succeed again. Without the cause: an error of an exporter holds what the
 * receiver answered. What could not be delivered is dropped; nothing waits for it.
 */
export function reporting<Items, Kind extends Exporter<Items>>(
  what: "traces" | "metrics",
  exporter: Kind & Exporter<Items>,
  log: Pick<FastifyBaseLogger, "info" | "warn">,
): Kind {
  let failing = false;
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      const failed = result.code !== 0;
      if (failed && !failing)
        log.warn({ what, code: "TELEMETRY_NOT_SENT" }, `${what} could not be sent; they are dropped`);
      if (!failed && failing) log.info({ what }, `${what} are sent again`);
      failing = failed;
      done(result);
    });
  return exporter;
}
