/**
 * The writer of the audit log: puts records at the end of this replica's chain and says when they are durable. Longer than
 * most files, because what becomes of a record in every kind of failure is one argument.
 *
 * One append is in flight at a time. So the order of the chain is the order in which its records became durable, and a
 * process that is killed leaves a chain without gaps. What comes meanwhile goes together with the next append: a busy
 * gateway makes fewer commits, not slower calls.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { AuditSink } from "../deps/audit.ts";
import type { AuditRecord, ChainHead } from "../deps/audit-records.ts";
import type { AuditSigner } from "../deps/audit-signer.ts";
import { AuditLineRefused, type AuditStore, AuditStoreUnable, type StoredLine } from "../deps/audit-store.ts";
import type { Clock } from "../deps/process.ts";
import { GatewayError } from "../errors.ts";
import { together } from "../together.ts";
import { hasResult, unavailableResult } from "./call-result.ts";
import { signedLine } from "./checkpoint-signature.ts";
import { hashOf, lineOf, noLine, storedLine } from "./line.ts";
import { logRecord } from "./log-record.ts";
import { uuidV7 } from "./uuid-v7.ts";

/** After this a call is refused rather than kept waiting for its record. */
const writeTimeoutMs = 5_000;
/** More calls than this wait for their record only when nothing can be written: further ones are refused at once. */
const waitingMax = 10_000;
const retryMs = 500;
/** What has happened already waits so long for a record that somebody waits for, to go with it in one commit. */
const noteWaitMs = 20;
/** A key service that does not answer must not hold up the records of calls. */
const signTimeoutMs = 1_000;
/** As for a statement: a server that is gone without a word is asked again, by another connection. */
const headTimeoutMs = 10_000;

/** What the promise gives, or an error after so long. */
async function inTime<T>(promise: Promise<T>, timeoutMs: number, sentence: string): Promise<T> {
  const over = new AbortController();
  const late = sleep(timeoutMs, undefined, { ref: false, signal: over.signal }).then(() => {
    throw new Error(sentence);
  });
  late.catch(() => undefined);
  return Promise.race([promise, late]).finally(() => over.abort());
}

interface Entry {
  readonly record: AuditRecord;
  /** By `performance.now()`. */
  readonly sinceMs: number;
  /** Of something that has happened: tried until it is durable. */
  readonly kept: boolean;
  /** The caller was told that there is no record. */
  refused: boolean;
  readonly done: () => void;
  readonly failed: (cause: unknown) => void;
}

export interface AuditLog extends AuditSink {
  /** Records that are not durable yet. */
  waiting(): number;
  /** How long the oldest of these waits, in milliseconds; 0: none does. */
  oldestWaitsMs(): number;
  /** Where this replica's chain is; undefined before it has one. */
  head(): ChainHead | undefined;
  /** Resolves when all records are durable that were written or noted until now. */
  flushed(): Promise<void>;
}

export interface AuditLogParts {
  readonly store: AuditStore;
  readonly host: string;
  readonly replica: string;
  /** Undefined: checkpoints are written without a signature. */
  readonly signer: AuditSigner | undefined;
  readonly clock: Clock;
  readonly log: Pick<FastifyBaseLogger, "info" | "error">;
}

/** Begins its chain with the first record. */
export function createAuditLog({ store, host, replica, signer, clock, log }: AuditLogParts): AuditLog {
  let head: ChainHead | undefined;
  let latest = "";
  const entries = new Set<Entry>();
  /** Calls of this chain that have no result yet: id -> sequence, in order. */
  const openCalls = new Map<string, number>();

  const lineFor = async (record: AuditRecord, chain: string, sequence: number, previous: string): Promise<string> => {
    const line = lineOf(record, { replica, chain, sequence, previous });
    if (signer === undefined || (record.event !== "log_checkpoint" && record.event !== "log_ended")) return line;
    try {
      return await inTime(signedLine(line, signer), signTimeoutMs, "The key did not sign in time.");
    } catch (err) {
      const message = "The audit log's checkpoint could not be signed. It is written without a signature.";
      log.error({ err, code: "AUDIT_NOT_SIGNED" }, message);
      return line;
    }
  };

  /** The records as the lines after `before`. */
  const link = async (before: ChainHead, records: readonly AuditRecord[]) => {
    const { chain } = before;
    let { sequence, hash } = before;
    const lines: StoredLine[] = [];
    for (const record of records) {
      sequence += 1;
      const line = await lineFor(record, chain, sequence, hash);
      hash = hashOf(line);
      // Records are made before they are put in order: log services, which go by time, keep the order of the chain.
      if (record.time > latest) latest = record.time;
      lines.push(storedLine(record, { chain, sequence, time: latest }, line));
    }
    const [oldest = before.sequence + 1] = openCalls.values();
    return { after: { chain, sequence, hash, openFrom: Math.min(oldest, before.sequence + 1) }, lines };
  };
  const noteOpenCalls = (before: ChainHead, records: readonly AuditRecord[]) => {
    for (const [at, record] of records.entries()) {
      if (hasResult(record)) openCalls.set(record.id, before.sequence + 1 + at);
      else if (record.event === "call_result") openCalls.delete(record.callId);
    }
  };

  /** Asks, for as long as it takes, whether an append was done of which that is not known. */
  const wasDone = async (before: ChainHead, after: ChainHead): Promise<boolean> => {
    for (let wait = retryMs / 8; ; wait = Math.min(wait * 2, retryMs)) {
      try {
        const found = await inTime(store.head(before.chain), headTimeoutMs, "The database did not say in time.");
        // Ended by others or not there: what comes next goes to another chain.
        if (found === undefined || found.ended || ![before.hash, after.hash].includes(found.hash)) head = undefined;
        return found?.hash === after.hash;
      } catch {
        await sleep(wait, undefined, { ref: false });
      }
    }
  };

  /** True when the records are durable. Throws AuditLineRefused and AuditStoreUnable: then none is. */
  const append = async (before: ChainHead, records: readonly AuditRecord[]): Promise<boolean> => {
    const { after, lines } = await link(before, records);
    const { openFrom: _openFrom, ...end } = after;
    try {
      if (await store.append(before, after, lines)) {
        head = end;
        noteOpenCalls(before, records);
        return true;
      }
    } catch (error) {
      if (error instanceof AuditLineRefused || error instanceof AuditStoreUnable) throw error;
      log.error({ err: error, code: "AUDIT_NOT_WRITTEN" }, "Audit records could not be written. It is tried again.");
    }
    head = end;
    if (await wasDone(before, after)) {
      noteOpenCalls(before, records);
      return true;
    }
    if (head === undefined) {
      const message = "The chain of this replica was ended by another one, or is gone. It goes on with a new one.";
      log.error({ code: "AUDIT_CHAIN_LOST", chain: before.chain }, message);
    } else head = before;
    return false;
  };

  const begin = async (): Promise<ChainHead> => {
    const first = { chain: uuidV7(clock()), sequence: 0, hash: noLine };
    await store.begin({ host, replica }, first);
    // Those of a chain that was lost get their results by whoever settles it.
    openCalls.clear();
    if (await append(first, [logRecord("log_started", { host, now: clock() })])) return head ?? first;
    // The empty chain is left behind: another replica settles it.
    head = undefined;
    throw new Error("The chain could not be begun.");
  };

  const commit = async (batch: readonly Entry[]): Promise<void> => {
    for (let pause = 0; ; pause = Math.min(retryMs, Math.max(pause * 2, retryMs / 8))) {
      // Whoever was told that there is no record shall not have one.
      const open = batch.filter(({ refused }) => !refused);
      for (const entry of batch) if (entry.refused) entries.delete(entry);
      if (open.length === 0) return;
      if (pause > 0) await sleep(pause, undefined, { ref: false });
      try {
        const before = head ?? (await begin());
        if (
          !(await append(
            before,
            open.map(({ record }) => record),
          ))
        )
          continue;
        for (const { done } of open) done();
        return;
      } catch (error) {
        const [only, ...others] = open;
        if (error instanceof AuditLineRefused && others.length > 0) {
          // One record that can't be stored must not refuse the calls of others.
          for (const entry of open) await commit([entry]);
          return;
        }
        if (error instanceof AuditLineRefused) return only?.failed(error);
        if (!(error instanceof AuditStoreUnable)) continue;
        log.error({ err: error, code: "AUDIT_NOT_WRITTEN" }, "The database can't write audit records.");
        for (const entry of open) {
          if (!entry.kept) entry.failed(error);
          else setTimeout(() => void commitTogether(entry), retryMs).unref();
        }
        return;
      }
    }
  };
  const commitTogether = together<Entry, void>(async (batch) => {
    await commit(batch);
    return () => undefined;
  });

  let noted: Entry[] = [];
  let notedTimer: NodeJS.Timeout | undefined;
  const commitNoted = () => {
    clearTimeout(notedTimer);
    notedTimer = undefined;
    for (const entry of noted) void commitTogether(entry);
    noted = [];
  };
  const note = (record: AuditRecord): void => {
    const entry: Entry = {
      ...{ record, sinceMs: performance.now(), kept: true, refused: false },
      done: () => entries.delete(entry),
      failed: (err) => {
        entries.delete(entry);
        // A result that another replica has recorded already, because it took this one for dead.
        log.error({ err, code: "AUDIT_RECORD_REFUSED", id: record.id, event: record.event }, "audit record refused");
      },
    };
    entries.add(entry);
    noted.push(entry);
    notedTimer ??= setTimeout(commitNoted, noteWaitMs);
  };

  return {
    write: (record) =>
      new Promise((resolve, reject) => {
        const refuse = (cause: unknown) => reject(new GatewayError("AUDIT_UNAVAILABLE", { cause }));
        if (entries.size >= waitingMax) return refuse(new Error("Too many records wait to be written."));
        const timer = setTimeout(() => {
          entry.refused = true;
          refuse(new Error("The audit record was not stored in time."));
        }, writeTimeoutMs);
        const end = () => {
          clearTimeout(timer);
          entries.delete(entry);
        };
        const entry: Entry = {
          ...{ record, sinceMs: performance.now(), kept: false, refused: false },
          done: () => {
            end();
            resolve();
            // The append was in flight when the caller gave up: the call that it allows was not made.
            const result = entry.refused ? unavailableResult(record, clock()) : undefined;
            if (result !== undefined) note(result);
          },
          failed: (cause) => {
            end();
            refuse(cause);
          },
        };
        entries.add(entry);
        commitNoted();
        void commitTogether(entry);
      }),
    note,
    waiting: () => entries.size,
    oldestWaitsMs: () => {
      const [oldest] = entries;
      return oldest === undefined ? 0 : performance.now() - oldest.sinceMs;
    },
    head: () => head,
    flushed: async () => {
      const open = new Set(entries);
      commitNoted();
      while ([...open].some((entry) => entries.has(entry))) await sleep(10);
    },
  };
}
