import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuMicros, memoryMb } from "../../bench/process-usage.ts";
import { headersOf, openSession } from "./messages.ts";
import type { Subject } from "./subjects.ts";

/** Streams on which nothing happens, as clients keep them open while they wait. */
export interface IdleStreams {
  readonly count: number;
  close(): Promise<void>;
}

const atOnce = 20;

/**
 * Opens a session and its stream of server messages (`GET`, revision 2025-11-25). Resolves with the way to end both, which
 * throws when the stream had ended by itself.
 */
export async function openStream(subject: Subject, at: number): Promise<() => Promise<void>> {
  const tokens = await subject.tokens();
  const token = tokens[at % tokens.length] ?? "";
  const session = await openSession(subject.url, token);
  const headers = { ...headersOf("2025-11-25", "tools/list", token, session), accept: "text/event-stream" };
  return new Promise((resolve, reject) => {
    const sent = request(subject.url, { headers, agent: false }, (answer) => {
      if (answer.statusCode !== 200) {
        sent.destroy();
        reject(new Error(`${subject.name} answered a stream with ${answer.statusCode}.`));
        return;
      }
      answer.on("error", () => undefined).resume();
      resolve(async () => {
        const ended = answer.destroyed || answer.readableEnded;
        sent.destroy();
        const over = await fetch(subject.url, { method: "DELETE", headers });
        await over.body?.cancel();
        if (ended || !over.ok) throw new Error(`A stream of ${subject.name} ended by itself.`);
      });
    });
    sent.once("error", reject);
    sent.end();
  });
}

/** Opens that many. Throws when one does not open. */
export async function openIdleStreams(subject: Subject, count: number): Promise<IdleStreams> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closers) await end();
  };
  try {
    for (let from = 0; from < count; from += atOnce) {
      const some = Array.from({ length: Math.min(atOnce, count - from) }, (_, at) => openStream(subject, from + at));
      closers.push(...(await Promise.all(some)));
    }
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return { count, close };
}

/** What idle streams cost their process. */
export interface IdleCost {
  readonly subject: string;
  readonly streams: number;
  /** kB resident for each. */
  readonly kbEach: number;
  /** Processor time in a second, of all of them together, in milliseconds. */
  readonly cpuMsPerSecond: number;
}

/** Opens streams, leaves them alone for `seconds`, has `meanwhile` run, and closes them. */
export async function measureIdleStreams(
  subject: Subject,
  count: number,
  seconds: number,
  meanwhile: () => Promise<void>,
): Promise<IdleCost> {
  const sum = (of: (pid: number) => number) => subject.pids().reduce((all, pid) => all + of(pid), 0);
  const residentMb = () => sum((pid) => memoryMb(pid).resident);
  const before = residentMb();
  const streams = await openIdleStreams(subject, count);
  try {
    const kbEach = Math.round(((residentMb() - before) * 1_000) / count);
    const cpuBefore = sum(cpuMicros);
    await sleep(seconds * 1_000);
    const cpuMsPerSecond = Math.round((sum(cpuMicros) - cpuBefore) / seconds / 1_000);
    await meanwhile();
    return { subject: subject.name, streams: count, kbEach, cpuMsPerSecond };
  } finally {
    await streams.close();
  }
}
