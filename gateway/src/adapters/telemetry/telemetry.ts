import type { FastifyBaseLogger } from "fastify";
import { ConfigError } from "../../config.ts";
import type { Telemetry } from "../../deps/telemetry.ts";
import { noTelemetry } from "../../telemetry/no-telemetry.ts";
import type { TelemetrySettings } from "../../telemetry/settings.ts";

/** What the settings ask for. The SDK is loaded where something is measured and nowhere else. Throws ConfigError when the port of `/metrics` is taken. */
export async function openTelemetry(
  settings: TelemetrySettings | undefined,
  log: Pick<FastifyBaseLogger, "info" | "warn">,
): Promise<Telemetry> {
  if (settings === undefined) return noTelemetry;
  const { createOpenTelemetry } = await import("./open-telemetry.ts");
  return createOpenTelemetry(settings, log).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const sentence = `Port ${settings.listener?.port} (METRICS_PORT) is used by another process. End it, or set METRICS_PORT to a free one.`;
    throw new ConfigError(sentence, { cause: error });
  });
}
