/**
 * `npm run bench -- permit-start`: how long a start takes and how much memory the process has, with 50,000 users, resource
 * instances, role assignments and relationship tuples each, from a folder and, where DATABASE_URL_TEST names one that
 * allows `create database`, from PostgreSQL.
 */
import { memoryMb } from "../../../bench/process-usage.ts";
import { durableStores } from "../testing/durable-stores.ts";
import { type PermitProcess, startProcess } from "../testing/process.ts";
import { seed } from "./seed.ts";
import { sendMany } from "./send-many.ts";

const count = 50_000;
const decisions = 50_000;
const orgKey = "permit_key_of_the_organization";

/** MB (10^6 bytes) resident now and at its highest. */
const memoryOf = ({ child }: PermitProcess) => memoryMb(child.pid ?? 0);

const print = (line: string) => process.stdout.write(`${line}\n`);

for (const { name, open } of durableStores(process.env.DATABASE_URL_TEST)) {
  const store = await open();
  const args = ["--port", "0", ...store.args];
  const emptyAt = performance.now();
  const first = await startProcess(args, orgKey);
  print(`${name}: first start ${Math.round(performance.now() - emptyAt)} ms, ${memoryOf(first).resident} MB`);
  const seedAt = performance.now();
  const { secret } = await seed(first.url, orgKey, count);
  print(`${name}: ${count} of each fact made in ${Math.round((performance.now() - seedAt) / 1000)} s`);
  await first.end("SIGKILL");

  const at = performance.now();
  const second = await startProcess(args, orgKey);
  const started = Math.round(performance.now() - at);
  const loaded = memoryOf(second);
  print(`${name}: start from disk ${started} ms, ${loaded.resident} MB (highest ${loaded.highest} MB)`);
  await sendMany(second.url, secret, decisions, 16, (i) => ({
    user: { key: `user-${(i * 7919) % count}` },
    action: "read",
    resource: { type: "doc", key: `doc-${(i * 104_729) % count}`, tenant: "default" },
  }));
  const used = memoryOf(second);
  print(`${name}: after ${decisions} decisions at 16 connections ${used.resident} MB (highest ${used.highest} MB)`);
  await second.end("SIGTERM");
  await store.remove();
}
