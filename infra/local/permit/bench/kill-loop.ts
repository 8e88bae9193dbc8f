/**
 * `npm run soak -- permit`: kills a writing local Permit 50 times with SIGKILL, with a folder and, where DATABASE_URL_TEST
 * names one that allows `create database`, with PostgreSQL. Exit code 1 when an acknowledged write was lost.
 */
import { durableStores } from "../testing/durable-stores.ts";
import { killLoop } from "../testing/kill-loop.ts";

const kills = 50;
const postgresUrl = process.env.DATABASE_URL_TEST;

for (const { name, open } of durableStores(postgresUrl)) {
  const store = await open();
  const progress = process.stderr.isTTY
    ? (done: number) => process.stderr.write(`\r${name}: ${done} kills`)
    : undefined;
  const { acknowledged, lost } = await killLoop(store.args, kills, progress);
  await store.remove();
  if (process.stderr.isTTY) process.stderr.write("\r");
  process.stdout.write(`${name}: ${kills} kills, ${acknowledged} acknowledged writes, ${lost.length} lost\n`);
  for (const each of lost) process.stdout.write(`  lost: ${each}\n`);
  if (lost.length > 0) process.exitCode = 1;
}
if (postgresUrl === undefined) process.stdout.write("PostgreSQL: not tried, DATABASE_URL_TEST is not set\n");
