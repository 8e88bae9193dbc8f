/**
 * `npm run soak -- mcp`: calls at a rate through a whole local host, in both eras, while sessions and streams open and
 * close. Ends with 1 when a call fails or is not on record, a stream ends by itself, memory grows, or something is still
 * open at the end.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Agent, setGlobalDispatcher } from "undici";
import { observed } from "../../bench/observed.ts";
import { memoryMb, openFiles } from "../../bench/process-usage.ts";
import { type LoadResult, runLoad } from "../../bench/run-load.ts";
import { countAuditRows } from "../audit-rows.ts";
import { openStream } from "./idle-streams.ts";
import { answered, bodyOf, type Era, headersOf, openSession, type What } from "./messages.ts";
import { type GatewaySubject, startGateway, startUpstream } from "./subjects.ts";
import { isFlat, slopeOf } from "./trend.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "300" },
    /** Streams opened in a second; each stays open for up to five seconds. */
    streams: { type: "string", default: "10" },
    "database-url": { type: "string" },
  },
});
const marks = 10;
const seconds = (Number(values.minutes) * 60) / marks;
const rate = Number(values.rate);
const connections = 16;
const agents = 8;
const what: What = { answerBytes: 500 };
/** Longer than anybody here keeps idle connections: the gateway, the upstream, local Permit (72 s). */
const settleSeconds = 80;
/** What memory may be higher in the last third than in the middle one. */
const growthShare = 0.1;

// The gateway lets clients keep idle connections for an hour; those of this process must not look like its own.
setGlobalDispatcher(new Agent({ keepAliveTimeout: 5_000, keepAliveMaxTimeout: 10_000 }));

const print = (line: string) => process.stdout.write(`${line}\n`);
const problems: string[] = [];
const folder = mkdtempSync(join(tmpdir(), "soak-mcp-"));
const upstream = await startUpstream(folder);

async function load(gateway: GatewaySubject, era: Era, forSeconds: number): Promise<LoadResult> {
  const tokens = await gateway.tokens();
  const headers: Record<string, string>[] = [];
  for (let at = 0; at < connections; at += 1) {
    const token = tokens[at % tokens.length] ?? "";
    const session = era === "2025-11-25" ? await openSession(gateway.url, token) : undefined;
    headers.push(headersOf(era, what, token, session));
  }
  const result = await runLoad({
    ...{ url: gateway.url, connections, warmUpSeconds: 0, seconds: forSeconds, perSecond: rate / 2, headers },
    ...{ bodies: [bodyOf(era, what)], marker: answered },
  });
  if (result.markedShare !== 1) problems.push(`${era}: some calls were answered with an error`);
  return result;
}

/** Opens streams, and closes each after a while, until `until`. Resolves with how many there were. */
async function openAndClose(gateway: GatewaySubject, until: number): Promise<number> {
  const open: Promise<void>[] = [];
  while (performance.now() < until) {
    const at = open.length;
    const life = async () => {
      const close = await openStream(gateway, at);
      await sleep((at % 10) * 500);
      await close();
    };
    open.push(life().catch((error: unknown) => void problems.push(String(error))));
    await sleep(1_000 / Number(values.streams));
  }
  await Promise.all(open);
  return open.length;
}

const mb = (bytes: number) => bytes / 1e6;

async function read(gateway: GatewaySubject) {
  const { memory, resources } = await observed(gateway.socket).usage();
  const [pid = 0] = gateway.pids();
  const timers = resources.Timeout ?? 0;
  return {
    resident: memoryMb(pid).resident,
    heap: mb(memory.heapUsed),
    external: mb(memory.external),
    files: openFiles(pid),
    connections: resources.TCPSocketWrap ?? 0,
    timers,
  };
}
type Reading = Awaited<ReturnType<typeof read>>;

const shown = ({ resident, heap, external, files, connections, timers }: Reading) =>
  `${resident} MB resident, heap ${heap.toFixed(1)} MB, external ${external.toFixed(1)} MB, ` +
  `${files.all} files of which ${files.sockets} sockets, ${connections} connections, ${timers} timers`;

let calls = 0;
try {
  const gateway = await startGateway({
    ...{ folder, upstreamUrl: upstream.url, agents, databaseUrl: values["database-url"] },
    nodeArguments: ["--expose-gc"],
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    const run = async (forSeconds: number) => {
      const until = performance.now() + forSeconds * 1_000;
      const [modern, legacy, streams] = await Promise.all([
        load(gateway, "2026-07-28", forSeconds),
        load(gateway, "2025-11-25", forSeconds),
        openAndClose(gateway, until),
      ]);
      calls += modern.answers + legacy.answers;
      return { modern, legacy, streams };
    };
    // Programs are compiled while they run, and what is compiled takes memory.
    await run(60);
    await sleep(settleSeconds * 1_000);
    const before = await read(gateway);
    print(`${values.minutes} minutes at ${rate} calls/s, load ${loadavg()[0]?.toFixed(1)}`);
    print(`before:  ${shown(before)}`);
    const readings: Reading[] = [];
    let streams = 0;
    for (let mark = 1; mark <= marks; mark += 1) {
      const part = await run(seconds);
      streams += part.streams;
      const reading = await read(gateway);
      readings.push(reading);
      const perSecond = part.modern.perSecond + part.legacy.perSecond;
      const p99 = Math.max(part.modern.p99Ms, part.legacy.p99Ms);
      const minute = ((mark * seconds) / 60).toFixed(1).padStart(5);
      print(
        `${minute} min  ${shown(reading)}; ${perSecond} calls/s, p99 ${p99.toFixed(1)} ms, ${part.streams} streams`,
      );
    }
    await sleep(settleSeconds * 1_000);
    const after = await read(gateway);
    print(`after:   ${shown(after)}`);
    for (const name of ["resident", "heap", "external"] as const) {
      const numbers = readings.map((reading) => reading[name]);
      const perMinute = (slopeOf(numbers) * marks) / Number(values.minutes);
      print(`${name}: ${perMinute >= 0 ? "+" : ""}${perMinute.toFixed(2)} MB a minute`);
      if (!isFlat(numbers, growthShare)) problems.push(`${name} grew by more than ${growthShare * 100} %`);
    }
    // Not files: the embedded database keeps those of its tables open, and gets more as they grow.
    for (const [name, now, then] of [
      ["sockets", after.files.sockets, before.files.sockets],
      ["connections", after.connections, before.connections],
      ["timers", after.timers, before.timers],
    ] as const) {
      if (now > then) problems.push(`${name} left open: ${now - then}`);
    }
    print(`${calls} calls, ${streams} streams`);
  } finally {
    await gateway.stop();
  }
  const database = values["database-url"];
  const target = database === undefined ? { dataDir: join(folder, "data", "gateway", "database") } : { url: database };
  const records = await countAuditRows(target);
  print(`${records.calls} records, ${records.results} results`);
  if (records.calls !== calls) problems.push(`${calls} calls, but ${records.calls} records`);
  // Every call was allowed: one that was not answered has its result as well.
  if (records.results !== calls) problems.push(`${calls} calls, but ${records.results} results`);
} finally {
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
}
print(problems.length === 0 ? "Nothing failed, nothing grew, nothing stayed open." : problems.join("\n"));
process.exitCode = problems.length === 0 ? 0 : 1;
