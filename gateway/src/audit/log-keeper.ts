/** What has to be done for the log from time to time: checkpoints, and the chains of replicas that ended in the middle. */
import type { FastifyBaseLogger } from "fastify";
import type { AuditStore } from "../deps/audit-store.ts";
import type { Clock } from "../deps/process.ts";
import type { AuditLog } from "./audit-log.ts";
import { hasResult, unknownResult } from "./call-result.ts";
import { logRecord } from "./log-record.ts";
import { fromOcsf } from "./ocsf/from-ocsf.ts";
import { resultId } from "./result-id.ts";

/** A replica that has not written for so many checkpoints is taken for dead. */
const silentCheckpoints = 4;

export interface LogKeeper {
  /** Writes the last record of this replica's chain, and ends it. */
  stop(timeoutMs: number): Promise<void>;
}

export interface LogKeeperParts {
  readonly store: AuditStore;
  readonly auditLog: AuditLog;
  readonly host: string;
  /** Time between two checkpoints. */
  readonly checkpointMs: number;
  /** Deletes what was kept for long enough. Called by one replica at a time. */
  readonly deleteExpired: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Pick<FastifyBaseLogger, "info" | "error">;
}

/** Starts keeping. */
export function startLogKeeper({
  store,
  auditLog,
  host,
  checkpointMs,
  deleteExpired,
  clock,
  log,
}: LogKeeperParts): LogKeeper {
  /** The others: so that a checkpoint of one replica tells of a chain that was taken out as a whole. */
  const otherHeads = async () => {
    const own = auditLog.head()?.chain;
    const open = await store.openChains();
    return open.filter(({ chain }) => chain !== own).map(({ chain, sequence, hash }) => ({ chain, sequence, hash }));
  };

  /** Gives each call of the chain that has none a result, and says where the chain ends. */
  const settleAbandoned = async () => {
    for (const head of await store.unsettled()) {
      const open = await store.openCalls(head.chain);
      for (const { line } of open) {
        const record = fromOcsf(JSON.parse(line))?.record;
        if (record !== undefined && hasResult(record)) auditLog.note(unknownResult(record, clock()));
      }
      // Its id is of the chain: it is there once, however often this is begun.
      const about = { host, now: clock(), heads: [head], id: resultId(head.chain) };
      auditLog.note(logRecord("log_abandoned", about));
      auditLog.note(logRecord("log_checkpoint", { host, now: clock(), heads: await otherHeads() }));
      await auditLog.flushed();
      await store.settled(head.chain);
      log.info({ ...head, calls: open.length }, "chain of a replica that ended in the middle was settled");
    }
  };

  const keep = async () => {
    try {
      auditLog.note(logRecord("log_checkpoint", { host, now: clock(), heads: await otherHeads() }));
      await store.ifAlone(async () => {
        await store.endSilent(silentCheckpoints * checkpointMs);
        await settleAbandoned();
        await deleteExpired();
      });
    } catch (err) {
      log.error({ err, code: "AUDIT_NOT_KEPT" }, "The audit log could not be looked after. It is tried again.");
    }
  };

  let keeping: Promise<void> | undefined;
  const timer = setInterval(() => {
    keeping ??= keep().finally(() => {
      keeping = undefined;
    });
  }, checkpointMs);

  const end = async () => {
    await keeping;
    await auditLog.flushed();
    const own = auditLog.head();
    if (own === undefined) return;
    auditLog.note(logRecord("log_ended", { host, now: clock(), heads: await otherHeads() }));
    await auditLog.flushed();
    await store.end(own.chain);
    if ((await store.openCalls(own.chain)).length === 0) await store.settled(own.chain);
  };
  return {
    stop: async (timeoutMs) => {
      clearInterval(timer);
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref());
      await Promise.race([end().catch((err: unknown) => log.error({ err }, "the audit log was not ended")), timeout]);
    },
  };
}
