/**
 * `npm run bench -- mcp`: what the gateway costs on the MCP path, beside the upstream asked directly, a bare pass-through
 * on Fastify and undici, and nginx where it is installed. `gateway/BENCHMARKS.md` says how to read it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { observed } from "../../bench/observed.ts";
import { cpuMicros, memoryMb } from "../../bench/process-usage.ts";
import { runLoad } from "../../bench/run-load.ts";
import { startDatabase } from "./database.ts";
import { type IdleCost, measureIdleStreams } from "./idle-streams.ts";
import { answered, bodyOf, type Era, headersOf, openSession, type What } from "./messages.ts";
import { type Measurement, type Summary, summarize, tableOf } from "./report.ts";
import {
  type GatewaySubject,
  type Subject,
  startGateway,
  startMinimum,
  startNginx,
  startPassThrough,
  startUpstream,
} from "./subjects.ts";

const help = `Usage: npm run bench -- mcp [OPTION ...]

  --connections N,N   (1,8,32,128)
  --eras ERA,ERA      (2026-07-28,2025-11-25)
  --what WHAT,WHAT    answers of so many bytes, or tools/list   (64,100000,tools/list)
  --rounds N          loads of each subject in each case        (3)
  --seconds N         length of each, after a warm-up           (3)
  --agents N          humans with one agent each                (8)
  --idle-streams N    (1000)
  --json FILE         everything, for programs
  --profile FILE      a .cpuprofile of the gateway's process over its loads
  --database-url URL  an empty PostgreSQL for the gateway, instead of one that the benchmark starts
  --embedded          the embedded database instead, as where no PostgreSQL is installed
  --only NAME,NAME    of direct, pass-through, nginx, minimum, gateway
  --quick             little of everything: shows that the benchmark works, and nothing else
`;

const { values } = parseArgs({
  options: {
    connections: { type: "string" },
    eras: { type: "string", default: "2026-07-28,2025-11-25" },
    what: { type: "string", default: "64,100000,tools/list" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    agents: { type: "string" },
    "idle-streams": { type: "string" },
    json: { type: "string" },
    profile: { type: "string" },
    "database-url": { type: "string" },
    embedded: { type: "boolean", default: false },
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit();
}
const list = (text: string) => text.split(",");
const { quick } = values;
const rounds = Number(values.rounds ?? (quick ? 1 : 3));
const seconds = Number(values.seconds ?? (quick ? 0.2 : 3));
const idle = Number(values["idle-streams"] ?? (quick ? 10 : 1_000));
const allConnections = list(values.connections ?? (quick ? "1,8" : "1,8,32,128")).map(Number);
const agents = Number(values.agents ?? (quick ? 2 : 8));
const warmUpSeconds = quick ? 0.1 : 1;
const only = values.only === undefined ? undefined : new Set(list(values.only));

interface Case {
  readonly era: Era;
  readonly what: What;
  readonly connections: number;
}
const cases: readonly Case[] = (list(values.eras) as Era[]).flatMap((era) =>
  list(values.what).flatMap((what) =>
    allConnections.map((connections) => ({
      era,
      what: what === "tools/list" ? what : { answerBytes: Number(what) },
      connections,
    })),
  ),
);
const titleOf = ({ era, what, connections }: Case) =>
  `${era}, ${what === "tools/list" ? what : `answers of ${what.answerBytes} bytes`}, ${connections} connections`;

const print = (line: string) => process.stdout.write(`${line}\n`);
const say = (line: string) => process.stderr.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "bench-mcp-"));
const database = await startDatabase({ url: values["database-url"], embedded: values.embedded });
const started: Subject[] = [];
const start = async <S extends Subject | undefined>(starting: Promise<S>): Promise<S> => {
  const subject = await starting;
  if (subject !== undefined) started.unshift(subject);
  return subject;
};

async function measure(
  { era, what, connections }: Case,
  subject: Subject,
  round: number,
  { permitPid, upstreamPid }: { readonly permitPid: number; readonly upstreamPid: number },
  loadSeconds = seconds,
): Promise<Measurement> {
  const tokens = await subject.tokens();
  const headers: Record<string, string>[] = [];
  for (let at = 0; at < connections; at += 1) {
    const token = tokens[at % tokens.length] ?? "";
    const session = era === "2025-11-25" ? await openSession(subject.url, token) : undefined;
    headers.push(headersOf(era, what, token, session));
  }
  const cpu = () => ({
    subject: subject.pids().reduce((sum, pid) => sum + cpuMicros(pid), 0),
    permit: cpuMicros(permitPid),
    upstream: cpuMicros(upstreamPid),
  });
  const before = cpu();
  const result = await runLoad({
    ...{ url: subject.url, connections, warmUpSeconds, headers, bodies: [bodyOf(era, what)] },
    seconds: loadSeconds,
    marker: answered,
  });
  const after = cpu();
  if (result.markedShare !== 1)
    throw new Error(`${subject.name} refused some of: ${titleOf({ era, what, connections })}`);
  const each = (of: keyof typeof before) => (after[of] - before[of]) / result.requests;
  return {
    ...{ ...result, subject: subject.name, round },
    ...{ subjectCpuMicros: each("subject"), permitCpuMicros: each("permit"), upstreamCpuMicros: each("upstream") },
    residentMb: subject.pids().reduce((sum, pid) => sum + memoryMb(pid).resident, 0),
  };
}

/** The bars of the project, where the run has what they speak of. */
function bars(results: readonly { readonly case: Case; readonly summaries: readonly Summary[] }[]): readonly string[] {
  return results.flatMap(({ case: each, summaries }) => {
    const gateway = summaries.find(({ subject }) => subject === "gateway");
    if (gateway === undefined || typeof each.what === "string" || each.what.answerBytes > 1_000) return [];
    const say = (what: string, value: number, holds: boolean) =>
      `${holds ? "holds " : "MISSED"} ${each.era}, ${each.connections} connections: ${what} ${value.toFixed(2)}`;
    const { ofPassThrough = Number.NaN, addedP50Ms, addedP99Ms } = gateway;
    return [
      ...(each.connections === 32
        ? [say("throughput of pass-through >= 0.6:", ofPassThrough, ofPassThrough >= 0.6)]
        : []),
      ...(each.connections === 1 ? [say("added p50 < 1 ms:", addedP50Ms, addedP50Ms < 1)] : []),
      ...(each.connections === 1 ? [say("added p99 < 10 ms:", addedP99Ms, addedP99Ms < 10)] : []),
    ];
  });
}

try {
  const upstream = await start(startUpstream(folder));
  const passThrough = await start(startPassThrough(folder, upstream.url));
  const nginx = await start(startNginx(folder, upstream.url));
  if (nginx === undefined) print("nginx is not installed (Debian: apt-get install nginx) and is left out.");
  const minimum = await start(startMinimum(folder, upstream.url, database.url));
  if (minimum === undefined) print("Without PostgreSQL the minimum has nowhere to keep records, and is left out.");
  const gateway: GatewaySubject = await start(
    startGateway({ folder, upstreamUrl: upstream.url, agents, databaseUrl: database.url, onProgress: say }),
  );
  const all = [upstream, passThrough, nginx, minimum, gateway].filter((subject) => subject !== undefined);
  const subjects = all.filter(({ name }) => only?.has(name) ?? true);
  const pids = { permitPid: gateway.permitPid, upstreamPid: upstream.pids()[0] ?? 0 };
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? "",
    node: process.version,
    kernel: release(),
    loadBefore: loadavg()[0] ?? 0,
  };
  print(
    `${machine.cpus} CPUs (${machine.model}), Node ${machine.node}, load before ${machine.loadBefore.toFixed(1)}; ` +
      `${rounds} rounds of ${seconds} s, ${agents} agents, ${database.name}`,
  );
  // Programs are compiled while they run: without this, whoever comes first would be measured half compiled.
  for (const subject of subjects) {
    const warmUp: Case = { era: "2026-07-28", what: { answerBytes: 64 }, connections: 16 };
    await measure(warmUp, subject, 0, pids, quick ? 0.1 : 5);
  }
  if (values.profile !== undefined) await observed(gateway.socket).startProfile();

  const results = [];
  for (const each of cases) {
    const measurements: Measurement[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // In another order each time: nobody always comes after the same one.
      for (let at = 0; at < subjects.length; at += 1) {
        const subject = subjects[(at + round) % subjects.length];
        if (subject !== undefined) measurements.push(await measure(each, subject, round, pids));
      }
    }
    const summaries = summarize(measurements);
    print(`\n${titleOf(each)}\n${tableOf(summaries)}`);
    results.push({ case: each, summaries, measurements });
  }

  const idleCosts: (IdleCost & { readonly callsMeanwhile: Measurement })[] = [];
  if (idle > 0) {
    print(`\n${idle} idle streams`);
    const call: Case = { era: "2025-11-25", what: { answerBytes: 64 }, connections: 8 };
    for (const subject of subjects.filter(({ name }) => name !== "direct" && name !== "minimum")) {
      const meanwhile: Measurement[] = [];
      const cost = await measureIdleStreams(subject, idle, quick ? 0.2 : 10, async () => {
        meanwhile.push(await measure(call, subject, 0, pids));
      });
      const [calls] = meanwhile;
      if (calls === undefined) continue;
      idleCosts.push({ ...cost, callsMeanwhile: calls });
      print(
        `${subject.name.padEnd(12)}  ${cost.kbEach} kB each, ${cost.cpuMsPerSecond} ms of processor time a second; ` +
          `meanwhile ${calls.perSecond} calls/s at 8 connections, p50 ${calls.p50Ms.toFixed(2)} ms, p99 ${calls.p99Ms.toFixed(2)} ms`,
      );
    }
  }
  if (values.profile !== undefined) writeFileSync(values.profile, await observed(gateway.socket).stopProfile());
  const held = quick ? [] : bars(results);
  if (held.length > 0) print(`\n${held.join("\n")}`);
  print(`\nload after ${loadavg()[0]?.toFixed(1)}`);
  if (values.json !== undefined) {
    const options = { rounds, seconds, agents, database: database.name };
    writeFileSync(values.json, JSON.stringify({ machine, options, results, idleStreams: idleCosts }, undefined, 2));
  }
} finally {
  for (const subject of started) await subject.stop();
  database.stop();
  rmSync(folder, { recursive: true, force: true });
}
