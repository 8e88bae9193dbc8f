import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { AuditDestination, AuditOutbox } from "../deps/audit.ts";
import type { Clock } from "../deps/process.ts";
import { batches } from "./batches.ts";

/** How many records are read at once. */
const recordsPerRead = 1_000;
const idleWaitMs = 1_000;
const longestWaitMs = 60_000;
const lagReportMs = 30_000;

/** Carries audit records from the database to a log service, for as long as the process lives. */
export interface AuditShipper {
  /** Ships what is there a last time, at most so long, and ends. */
  stop(timeoutMs: number): Promise<void>;
}

/** What a shipper works with. */
export interface AuditShipperParts {
  readonly outbox: AuditOutbox;
  readonly destination: AuditDestination;
  readonly clock: Clock;
  readonly log: Pick<FastifyBaseLogger, "info" | "error">;
  /** 0 up to 1, for the wait after a failure: replicas that failed together don't try again together. */
  readonly random?: () => number;
  /** Waits; rejects when aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Starts shipping. At least once: a record is marked after it was delivered, so that whatever breaks in between is
 * delivered again under the same id. In order, as far as ids tell it: version 7 UUIDs sort by time. One replica at a time;
 * any other goes on where it stopped.
 */
export function startAuditShipper(parts: AuditShipperParts): AuditShipper {
  const { outbox, destination, clock, log, random = Math.random } = parts;
  const { wait = (ms, signal) => sleep(ms, undefined, { signal }) } = parts;
  const stopping = new AbortController();
  let failures = 0;
  let lagReportedMs = 0;

  const ship = async () => {
    for (;;) {
      const records = await outbox.next(recordsPerRead);
      for (const batch of batches(records, destination.limits)) {
        const refused = await destination.deliver(batch);
        await outbox.shipped(batch.map(({ id }) => id));
        if (refused > 0) {
          const message = `The log service refused ${refused} of ${batch.length} audit records for good. They stay in the table gateway_audit.`;
          log.error({ code: "AUDIT_REFUSED", from: batch[0]?.id, to: batch.at(-1)?.id, refused }, message);
        }
      }
      if (records.length < recordsPerRead) return;
    }
  };

  const attempt = async () => {
    try {
      await outbox.ifAlone(ship);
      if (failures > 0) log.info({ failures }, "audit records are shipped again");
      failures = 0;
    } catch (err) {
      failures += 1;
      log.error(
        { err, code: "AUDIT_NOT_SHIPPED", failures },
        "Audit records could not be shipped. They are kept and tried again.",
      );
    }
  };

  // Also where another replica ships, and when nothing can be: an alarm waits for this line to grow or to be missing.
  const reportLag = async () => {
    const nowMs = clock().getTime();
    if (nowMs - lagReportedMs < lagReportMs) return;
    lagReportedMs = nowMs;
    try {
      const [oldest] = await outbox.next(1);
      const lagMs = oldest === undefined ? 0 : Math.max(0, nowMs - Date.parse(oldest.time));
      log.info({ auditLagSeconds: Math.round(lagMs / 1000) }, "audit lag");
    } catch (err) {
      log.error({ err }, "audit lag is unknown");
    }
  };

  const waitMs = () =>
    failures === 0 ? idleWaitMs : Math.min(longestWaitMs, idleWaitMs * 2 ** failures) * (0.5 + random() / 2);

  const run = async () => {
    while (!stopping.signal.aborted) {
      await attempt();
      await reportLag();
      await wait(waitMs(), stopping.signal).catch(() => undefined);
    }
    await attempt();
  };
  const ended = run();
  return {
    stop: async (timeoutMs) => {
      stopping.abort();
      const timeout = new AbortController();
      await Promise.race([ended, sleep(timeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined)]);
      timeout.abort();
      destination.close();
    },
  };
}
