import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { Permit } from "permitio";
import type { HostDirectory, HostSettings } from "../deps/host-settings.ts";
import type { Clock } from "../deps/process.ts";
import { GatewayError } from "../errors.ts";
import { refusedOf } from "../features.ts";
import type { Database } from "./database.ts";
import { permitFailure } from "./permit-client.ts";
import { toSettings } from "./permit-host-settings.ts";
import { type HostSnapshot, hostSnapshotSchema, readHostSnapshot } from "./permit-host-snapshot.ts";

export interface HostDirectoryOptions {
  readonly permit: Permit;
  readonly hostKey: string;
  readonly database: Database;
  readonly refreshSeconds: number;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/**
 * So often the servers are read though the host says that they are the same: somebody may have changed one by hand.
 * Decisions see such a change at once; what is shown and listed follows.
 */
const readAllMs = 60_000;

/** A directory that reads Permit in the background. */
export interface RefreshingHostDirectory extends HostDirectory {
  /** Reads once more, now. Throws nothing: a failure is logged and the old settings stay. */
  refresh(): Promise<void>;
  /** When Permit was last read; undefined: not since the start. */
  readAt(): Date | undefined;
  close(): Promise<void>;
}

/**
 * Opens the directory of one host: reads it from Permit, or, while Permit is away, takes the copy kept in the database;
 * then refreshes it in the background. Without either, `settings` throws POLICY_UNAVAILABLE until a refresh succeeds.
 */
export async function openPermitHostDirectory(options: HostDirectoryOptions): Promise<RefreshingHostDirectory> {
  const { permit, hostKey, database, clock, log } = options;
  const closed = new AbortController();
  const listeners: ((settings: HostSettings) => Promise<void>)[] = [];
  let snapshot: HostSnapshot | undefined;
  let settings: HostSettings | undefined;
  /** What the database holds, as text. */
  let kept: string | undefined;
  let lastProblem: string | undefined;
  let readAt: Date | undefined;
  let readAllAtMs = Number.NEGATIVE_INFINITY;

  const notify = async (listener: (typeof listeners)[number], current: HostSettings) => {
    await listener(current).catch((err: unknown) => log.error({ err }, "a listener of the host's settings failed"));
  };
  // Once per problem and not once per refresh: the same line every few seconds would bury all others.
  const report = (problem: string | undefined) => {
    if (problem !== undefined && problem !== lastProblem) log.warn({ problem }, "host settings kept as they were");
    if (problem === undefined && lastProblem !== undefined) log.info("host settings are read from Permit again");
    lastProblem = problem;
  };
  const accept = async (next: HostSnapshot, onRefused: (what: string, reason: string) => void) => {
    snapshot = next;
    settings = toSettings(hostKey, next, onRefused);
    const refused = refusedOf(settings);
    if (refused.length > 0) log.warn({ refused }, "the policy needs what this gateway does not have");
    for (const listener of listeners) await notify(listener, settings);
  };
  const keepCopy = async (next: HostSnapshot) => {
    const text = JSON.stringify(next);
    if (text === kept) return;
    const row = { settings: text, fetched_at: clock() };
    await database.kysely
      .insertInto("gateway_host_settings")
      .values({ host: hostKey, ...row })
      .onConflict((conflict) => conflict.column("host").doUpdateSet(row))
      .execute();
    kept = text;
  };
  const takeCopy = async () => {
    const row = await database.kysely
      .selectFrom("gateway_host_settings")
      .select("settings")
      .where("host", "=", hostKey)
      .executeTakeFirst();
    const parsed = hostSnapshotSchema.safeParse(row?.settings);
    if (parsed.success) await accept(parsed.data, () => undefined);
  };

  const refresh = async (): Promise<boolean> => {
    const refused: string[] = [];
    const onRefused = (what: string, reason: string) => refused.push(`${what}: ${reason}`);
    try {
      const nowMs = clock().getTime();
      // What was refused is read each time, so that it is said for as long as it is so.
      const trusted = lastProblem === undefined && nowMs < readAllAtMs ? snapshot : undefined;
      const next = await readHostSnapshot(permit, hostKey, snapshot, onRefused, trusted);
      if (trusted === undefined || next.servers !== trusted.servers) readAllAtMs = nowMs + readAllMs;
      // The accepted settings report what they refuse too, so a refusal shows even when nothing else changed.
      if (JSON.stringify(next) === JSON.stringify(snapshot)) toSettings(hostKey, next, onRefused);
      else await accept(next, onRefused);
      await keepCopy(next);
      report(refused.length === 0 ? undefined : refused.join("; "));
      readAt = clock();
      return true;
    } catch (error) {
      const failure = permitFailure(`reading host ${hostKey}`, error);
      report(failure.detail ?? failure.message);
      return false;
    }
  };
  const refreshForEver = async () => {
    for (;;) {
      await sleep(options.refreshSeconds * 1000, undefined, { signal: closed.signal, ref: false });
      await refresh();
    }
  };

  // The copy first: a policy of a later format, which can't be parsed, still says what of the copy no longer holds.
  await takeCopy();
  if (!(await refresh()) && settings !== undefined) {
    log.warn("Permit does not answer; starting with the kept copy of the host's settings");
  }
  // Ends by the abort of `close`, in the sleep.
  const running = refreshForEver().catch(() => undefined);

  return {
    settings: () => {
      if (settings === undefined) throw new GatewayError("POLICY_UNAVAILABLE");
      return settings;
    },
    onChange: (listener) => {
      listeners.push(listener);
      if (settings !== undefined) void notify(listener, settings);
    },
    refresh: async () => {
      await refresh();
    },
    readAt: () => readAt,
    close: async () => {
      closed.abort();
      await running;
    },
  };
}
