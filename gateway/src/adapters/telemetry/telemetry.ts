import type { FastifyBaseLogger } from "fastify";
import type { Telemetry } from "../../deps/telemetry.ts";
import { noTelemetry } from "../../telemetry/no-telemetry.ts";
import type { TelemetrySettings } from "../../telemetry/settings.ts";

/** What the settings ask for. The SDK is loaded where something is measured and nowhere else. Throws like the listener. */
export async function openTelemetry(
  settings: TelemetrySettings | undefined,
  log: Pick<FastifyBaseLogger, "info" | "warn">,
): Promise<Telemetry> {
  if (settings === undefined) return noTelemetry;
  const { createOpenTelemetry } = await import("./open-telemetry.ts");
  return createOpenTelemetry(settings, log);
}
