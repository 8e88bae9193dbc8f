/**
 * `npm run bench:permit:start`: how long a start takes and how much memory the process has, with 50,000 users, resource
 * instances, role assignments and relationship tuples each, from a folder and, where DATABASE_URL_TEST names one that
 * allows `create database`, from PostgreSQL.
 */
import { readFileSync } from "node:fs";
import { durableStores } from "../testing/durable-stores.ts";
import { type PermitProcess, startProcess } from "../testing/process.ts";
import { seed } from "./seed.ts";
import { sendMany } from "./send-many.ts";

const count = 50_000;
const decisions = 50_000;
const orgKey = "permit_key_of_the_organization";

/** Resident memory in MB (10^6 bytes) now and at its highest, as the kernel counts it. */
function memoryMb({ child }: PermitProcess): { readonly now: number; readonly highest: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const read = (name: string) =>
    Math.round((Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / 1e6);
  return { now: read("VmRSS"), highest: read("VmHWM") };
}

const print = (line: string) => process.stdout.write(`${line}\n`);

for (const { name, open } of durableStores(process.env.DATABASE_URL_TEST)) {
  const store = await open();
  const args = ["--port", "0", ...store.args];
  const emptyAt = performance.now();
  const first = await startProcess(args, orgKey);
  print(`${name}: first start ${Math.round(performance.now() - emptyAt)} ms, ${memoryMb(first).now} MB`);
  const seedAt = performance.now();
  const { secret } = await seed(first.url, orgKey, count);
  print(`${name}: ${count} of each fact made in ${Math.round((performance.now() - seedAt) / 1000)} s`);
  await first.end("SIGKILL");

  const at = performance.now();
  const second = await startProcess(args, orgKey);
  const started = Math.round(performance.now() - at);
  const loaded = memoryMb(second);
  print(`${name}: start from disk ${started} ms, ${loaded.now} MB (highest ${loaded.highest} MB)`);
  await sendMany(second.url, secret, decisions, 16, (i) => ({
    user: { key: `user-${(i * 7919) % count}` },
    action: "read",
    resource: { type: "doc", key: `doc-${(i * 104_729) % count}`, tenant: "default" },
  }));
  const used = memoryMb(second);
  print(`${name}: after ${decisions} decisions at 16 connections ${used.now} MB (highest ${used.highest} MB)`);
  await second.end("SIGTERM");
  await store.remove();
}
