import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { AuditDestination } from "../deps/audit.ts";
import type { AuditShipments } from "../deps/audit-store.ts";
import type { Clock } from "../deps/process.ts";
import { lineBatches } from "./line-batches.ts";

/** How many lines are read at once. */
const linesPerRead = 1_000;
/** New lines are looked for so often: those of one moment go together. */
const idleWaitMs = 250;
const longestWaitMs = 60_000;
/** Longer than a delivery takes. A process that dies is followed by another one after it. */
const longestLeaseMs = 60_000;
/** Between the last attempts of a process that ends. */
const lastWaitMs = 100;
const lagReportMs = 30_000;

/** Carries audit records from the database to one destination, for as long as the process lives. */
export interface AuditShipper {
  /** Age in seconds of the oldest record that the destination has not got, as last looked at; undefined: not known. */
  lagSeconds(): number | undefined;
  /** Ships what is there a last time, at most so long, and ends. */
  stop(timeoutMs: number): Promise<void>;
}

/** What a shipper works with. */
export interface AuditShipperParts {
  readonly shipments: AuditShipments;
  readonly destination: AuditDestination;
  readonly clock: Clock;
  readonly log: Pick<FastifyBaseLogger, "info" | "error">;
  /** How long nobody else ships what this one has begun to. */
  readonly leaseMs?: number;
  /** 0 up to 1, for the wait after a failure: replicas that failed together don't try again together. */
  readonly random?: () => number;
  /** Waits; rejects when aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Starts shipping. At least once: that lines were delivered is noted after it was done, so whatever breaks in between is
 * delivered again, the same bytes with the same ids. In the order of each chain. One process at a time ships a chain, by
 * lease; when it is gone, another one goes on where it has come to.
 */
export function startAuditShipper(parts: AuditShipperParts): AuditShipper {
  const { shipments, destination, clock, log, random = Math.random, leaseMs = longestLeaseMs } = parts;
  const { wait = (ms, signal) => sleep(ms, undefined, { signal }) } = parts;
  const { name } = destination;
  const holder = randomUUID();
  const stopping = new AbortController();
  let over = false;
  let failures = 0;
  let lagSeconds: number | undefined;
  let lagReportedMs = 0;

  const shipChain = async (chain: string): Promise<void> => {
    for (;;) {
      const after = await shipments.lease(name, chain, holder, leaseMs);
      if (after === undefined) return;
      const lines = await shipments.lines(chain, after, linesPerRead);
      for (const batch of lineBatches(lines, destination.limits)) {
        const refused = await destination.deliver(batch);
        const to = batch.at(-1)?.sequence ?? after;
        if (refused > 0) {
          const message = `The destination refused ${refused} of ${batch.length} audit records for good. They stay in the table gateway_audit.`;
          const range = { destination: name, chain, from: batch[0].sequence, to };
          log.error({ code: "AUDIT_REFUSED", ...range, refused }, message);
        }
        if (!(await shipments.shipped(name, chain, holder, to))) return;
      }
      if (lines.length < linesPerRead) return;
    }
  };

  const attempt = async () => {
    try {
      for (const { chain } of await shipments.waiting(name)) await shipChain(chain);
      if (failures > 0) log.info({ destination: name, failures }, "audit records are shipped again");
      failures = 0;
    } catch (err) {
      failures += 1;
      const message = "Audit records could not be shipped. They are kept and tried again.";
      log.error({ err, code: "AUDIT_NOT_SHIPPED", destination: name, failures }, message);
    }
  };

  // Also where another replica ships, and when nothing can be: an alarm waits for this line to grow or to be missing.
  const reportLag = async () => {
    const nowMs = clock().getTime();
    if (nowMs - lagReportedMs < lagReportMs) return;
    lagReportedMs = nowMs;
    try {
      const oldest = await shipments.oldestWaiting(name);
      lagSeconds = oldest === undefined ? 0 : Math.round(Math.max(0, nowMs - oldest.getTime()) / 1000);
      log.info({ destination: name, auditLagSeconds: lagSeconds }, "audit lag");
    } catch (err) {
      lagSeconds = undefined;
      log.error({ err }, "audit lag is unknown");
    }
  };

  const waitMs = () =>
    failures === 0
      ? (destination.limits.paceMs ?? idleWaitMs)
      : Math.min(longestWaitMs, idleWaitMs * 2 ** failures) * (0.5 + random() / 2);

  const run = async () => {
    while (!stopping.signal.aborted) {
      await attempt();
      await reportLag();
      await wait(waitMs(), stopping.signal).catch(() => undefined);
    }
    // What is left then, another replica ships, or the next process.
    for (let left = true; left && !over; ) {
      await attempt();
      left = failures > 0 && !over;
      if (left) await sleep(lastWaitMs);
    }
    await shipments.release(holder).catch(() => undefined);
  };
  const ended = run();
  return {
    lagSeconds: () => lagSeconds,
    stop: async (timeoutMs) => {
      stopping.abort();
      const timeout = new AbortController();
      await Promise.race([ended, sleep(timeoutMs, undefined, { signal: timeout.signal }).catch(() => undefined)]);
      timeout.abort();
      over = true;
      await destination.close();
    },
  };
}
