/**
 * `npm run bench -- policy`: how long the commands take on a large generated host, and how much memory. Each runs in a
 * process of its own, as a user runs it. The arguments are those of `generate-host.ts`, without the folder.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeHost } from "../src/testing/host-values.ts";
import { generateHost, hostSizeOptions, sizeOf, withChanges } from "./generate-host.ts";

/** As `npm run policy` starts it. */
const nodeOptions = ["--max-semi-space-size=16"];
const main = join(import.meta.dirname, "../cli/main.ts");

/** Written by the child itself as it ends, because only it knows its peak. */
const reportPeak = `data:text/javascript,${encodeURIComponent(
  'import { writeSync } from "node:fs"; process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));',
)}`;

async function measure(args: readonly string[]): Promise<string> {
  const started = performance.now();
  const child = spawn(process.execPath, [...nodeOptions, "--import", reportPeak, main, ...args], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  let peakKib = "";
  child.stdio[3]?.on("data", (chunk: Buffer) => {
    peakKib += chunk.toString();
  });
  const status = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  const seconds = (performance.now() - started) / 1000;
  const peakMib = Number(peakKib) / 1024;
  return `${seconds.toFixed(1).padStart(7)} s  ${peakMib.toFixed(0).padStart(5)} MiB  exit ${status}`;
}

const { values } = parseArgs({ options: hostSizeOptions });
const folder = mkdtempSync(join(tmpdir(), "bench-policy-"));
try {
  const size = sizeOf(values);
  const hosts = join(folder, "hosts");
  const changed = join(folder, "changed");
  const generated = generateHost(size);
  writeHost(generated, join(hosts, "big"));
  writeHost(withChanges(generated, 100), join(changed, "big"));
  console.log(`${size.humans} humans, ${size.servers} servers, ${size.tools} tools each, ${cpus().length} CPUs\n`);
  const commands = [
    ["check", "--policies", hosts],
    ["prove", "--policies", hosts],
    ["diff", hosts, changed],
  ];
  for (const command of commands) console.log(`${command[0]?.padEnd(8)}${await measure(command)}`);
} finally {
  rmSync(folder, { recursive: true });
}
