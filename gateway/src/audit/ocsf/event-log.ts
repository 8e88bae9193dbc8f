/** What becomes of the log itself, as Event Log Activity (1008), and back. */
import { z } from "zod";
import type { ChainLink, LogRecord } from "../../deps/audit-records.ts";
import { activities } from "./activities.ts";
import { envelope, needsReview } from "./envelope.ts";
import { type OcsfEvent, product } from "./ocsf-event.ts";

const steps = {
  log_started: activities.startLog,
  log_checkpoint: activities.checkpointLog,
  log_ended: activities.stopLog,
  log_abandoned: activities.abandonLog,
  log_trimmed: activities.deleteLog,
} as const;

/** `log_type_id` of the log of an application. */
const applicationLog = 2;

/** The log says what becomes of it. A `signature` may be put behind the last member of `unmapped`. */
export function logEvent(record: LogRecord, link: ChainLink): OcsfEvent {
  return {
    ...envelope(record, link, steps[record.event], record.event === "log_abandoned" ? needsReview : undefined),
    log_name: "audit",
    log_provider: product.name,
    log_type_id: applicationLog,
    unmapped: {
      heads: record.heads,
      trace_id: record.traceId,
      replica: link.replica,
      chain: link.chain,
      previous: link.previous,
    },
  };
}

const logSchema = z.object({
  unmapped: z.object({
    heads: z.array(z.object({ chain: z.string(), sequence: z.int(), hash: z.string() })),
    trace_id: z.string().optional(),
  }),
});

/** All of the record that is not of every event. Throws ZodError. */
export function readLog(event: unknown) {
  const { heads, trace_id } = logSchema.parse(event).unmapped;
  return { human: null, requestId: null, traceId: trace_id, heads };
}
