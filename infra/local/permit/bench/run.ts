/**
 * `npm run bench -- permit`: a host with 50,000 relationship tuples and 50,000 role assignments on disk. How long
 * `/allowed` takes at 16 connections from another process, how much memory the process has, how long it takes to start.
 *
 *     npm run bench -- permit [--humans 10000] [--connections 16] [--seconds 10] [--rounds 3]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runLoad } from "../../../bench/run-load.ts";
import { largeHost, makeHost, questionOf } from "./host-facts.ts";
import { type MeasuredProcess, startMeasured } from "./measured-process.ts";

const { values } = parseArgs({
  options: {
    humans: { type: "string", default: String(largeHost.humans) },
    connections: { type: "string", default: "16" },
    seconds: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
  },
});
const size = { ...largeHost, humans: Number(values.humans) };
const orgKey = "permit_key_of_the_organization";
const folder = mkdtempSync(join(tmpdir(), "bench-permit-"));
// So many different ones that no answer is remembered anywhere.
const questions = Array.from({ length: 40_000 }, (_, n) => JSON.stringify(questionOf(n * 7, size)));

const print = (line: string) => process.stdout.write(`${line}\n`);
const load = () => loadavg()[0]?.toFixed(1);

async function printMemory(when: string, permit: MeasuredProcess): Promise<void> {
  const { resident, highest, heap } = await permit.memoryMb();
  print(`memory ${when}: ${resident} MB resident (highest ${highest} MB), heap ${heap} MB`);
}

try {
  const args = ["--port", "0", "--data", join(folder, "data")];
  const tuples = size.humans * size.ceilings;
  const assignments = size.humans * (1 + size.consents);
  print(`${tuples} tuples, ${assignments} role assignments; ${cpus().length} CPUs, load ${load()}`);
  const empty = await startMeasured(args, orgKey, folder);
  await printMemory("when empty", empty);
  const at = performance.now();
  const secret = await makeHost(empty.url, orgKey, size);
  print(`made over HTTP in ${((performance.now() - at) / 1000).toFixed(1)} s`);
  await printMemory("after making them", empty);
  await empty.end("SIGTERM");

  const permit = await startMeasured(args, orgKey, folder);
  print(`start from disk: ${permit.startMs} ms`);
  await printMemory("after the start", permit);
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const before = load();
    const cpuBefore = permit.cpuMicros();
    const { requests, perSecond, markedShare, ...times } = await runLoad({
      url: `${permit.url}/allowed`,
      connections: Number(values.connections),
      warmUpSeconds: 2,
      seconds: Number(values.seconds),
      headers: [{ authorization: `Bearer ${secret}`, "content-type": "application/json" }],
      bodies: questions,
      marker: '{"allow":true',
    });
    // Says how quick it is when others keep the processors busy, too.
    const cpu = `${Math.round((permit.cpuMicros() - cpuBefore) / requests)} µs of processor time each`;
    const shown = Object.entries(times).flatMap(([name, ms]) =>
      name.endsWith("Ms") ? [`${name.replace("Ms", "")} ${ms.toFixed(2)} ms`] : [],
    );
    const share = `${Math.round(markedShare * 100)} % allowed`;
    print(
      `/allowed, ${values.connections} connections: ${shown.join(", ")}; ${perSecond}/s, ${cpu}, ${share}, load ${before}`,
    );
  }
  await printMemory("after the questions", permit);
  await permit.end("SIGTERM");
} finally {
  rmSync(folder, { recursive: true });
}
