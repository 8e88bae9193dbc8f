import type { AuditSink } from "../deps/audit.ts";
import type { Telemetry } from "../deps/telemetry.ts";
import { GatewayError } from "../errors.ts";

/** The sink with the time of each write that somebody waits for. `nowMs` is any clock that never goes back. */
export function timedAudit<Sink extends AuditSink>(
  audit: Sink,
  telemetry: Pick<Telemetry, "auditWritten">,
  nowMs: () => number,
): Sink {
  return {
    ...audit,
    write: async (record) => {
      const fromMs = nowMs();
      try {
        await audit.write(record);
        telemetry.auditWritten(nowMs() - fromMs);
      } catch (error) {
        telemetry.auditWritten(nowMs() - fromMs, error instanceof GatewayError ? error.code : "INTERNAL");
        throw error;
      }
    },
  };
}
