/**
 * The audit log is complete: random requests go to three replicas of a whole local host on one PostgreSQL, while replicas
 * are killed (SIGKILL) and the place that records are shipped to is down at times. Then every request is looked for in the
 * database, every record of the database in what was shipped, and both are verified.
 */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { Pool } from "undici";
import { freePort, freePorts } from "../ports.ts";
import type { Service } from "../service.ts";
import { repository } from "../services.ts";
import { startLocalHost } from "../up.ts";
import { connectAgent, send } from "./agent-requests.ts";
import { startCollector } from "./collector.ts";
import { type Counts, compare } from "./compare.ts";
import { server, startUpstream, writePolicy } from "./items-server.ts";
import { anyRequest, type Seen } from "./requests.ts";
import { untilSettled } from "./settled.ts";

const replicaCount = 3;
const atOnce = 24;

export interface ProofOptions {
  readonly requests: number;
  /** A replica is killed after so many requests. */
  readonly killEvery: number;
  /** Empty. */
  readonly databaseUrl: string;
  readonly folder: string;
  readonly onProgress: (line: string) => void;
}

export interface Proof {
  readonly problems: readonly string[];
  readonly counts: Counts;
  readonly kills: number;
  /** Lines of the database, and those that were shipped, each once. */
  readonly stored: number;
  readonly shipped: number;
  /** Lines that came again. */
  readonly repeats: number;
  /** What `npm run audit -- verify` says of the database, and of what was shipped. */
  readonly verified: readonly string[];
}

const run = promisify(execFile);

async function verify(
  place: string,
  env: NodeJS.ProcessEnv,
  ...options: string[]
): Promise<{ ok: boolean; text: string }> {
  const args = ["gateway/cli/audit/main.ts", "verify", place, ...options];
  const verified = run(process.execPath, args, { cwd: repository, env: { ...process.env, ...env }, maxBuffer: 1e8 });
  return verified.then(
    ({ stdout }) => ({ ok: true, text: stdout.trim().split("\n").at(-1) ?? "" }),
    ({ stdout, stderr }: { stdout: string; stderr: string }) => ({
      ok: false,
      text: `${stdout}${stderr}`.slice(0, 4_000),
    }),
  );
}

/** Proves it, or says what is missing. Throws when the host can't be started. */
export async function proveCompleteness({
  requests,
  killEvery,
  databaseUrl,
  folder,
  onProgress,
}: ProofOptions): Promise<Proof> {
  const [ranFile, shippedFile] = [join(folder, "ran"), join(folder, "shipped.jsonl")];
  for (const file of [ranFile, shippedFile]) writeFileSync(file, "");
  const upstream = await startUpstream(folder, ranFile);
  const collector = await startCollector(shippedFile);
  const policyDir = join(folder, "policies", "completeness");
  writePolicy(policyDir, upstream.url);
  const audit = {
    AUDIT_DESTINATIONS: collector.url,
    AUDIT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
    AUDIT_CHECKPOINT_SECONDS: "1",
    AUDIT_KEY_FILE: join(folder, "audit.key"),
    DATA_KEY_FILE: join(folder, "data.key"),
    LOG_LEVEL: "warn",
  };
  const ports = await freePorts();
  const host = await startLocalHost({
    ...{ policyDir, dataDir: join(folder, "data"), ports, databaseUrl, onProgress },
    gatewayCommand: [
      "env",
      ...Object.entries({ ...audit, REPLICA_NAME: "replica-1" }).map(([name, value]) => `${name}=${value}`),
      ...[process.execPath, "gateway/src/server.ts"],
    ],
  });
  let kills = 0;
  const seen: Seen[] = [];
  const problems: string[] = [];
  try {
    const replicas: { port: number; service: Service | undefined; pool: Pool; gone: boolean }[] = [];
    const startReplica = async (at: number, port: number) =>
      host.startReplica(port, { ...audit, REPLICA_NAME: `replica-${at + 1}` });
    const poolAt = (port: number) => new Pool(`http://127.0.0.1:${port}`, { connections: atOnce });
    replicas.push({ port: ports.gateway, service: undefined, pool: poolAt(ports.gateway), gone: false });
    for (let at = 1; at < replicaCount; at += 1) {
      const port = await freePort();
      replicas.push({ port, service: await startReplica(at, port), pool: poolAt(port), gone: false });
    }
    const token = await connectAgent(host, `${host.gatewayUrl}/mcp/${server}`);
    const hostName = new URL(host.gatewayUrl).host;
    let next = 0;
    const worker = async () => {
      while (next < requests) {
        const number = next;
        next += 1;
        // As a load balancer does: what was sent when it died has no answer, and nothing more is sent there.
        const alive = replicas.filter(({ gone }) => !gone);
        const replica = alive[number % alive.length];
        if (replica !== undefined) seen.push(await send(replica.pool, hostName, anyRequest(number), await token()));
        if ((number + 1) % Math.max(1, Math.floor(requests / 10)) === 0) onProgress(`  ${number + 1} requests`);
      }
    };
    let over = false;
    const killer = async () => {
      let killedAt = 0;
      for (let at = 1; !over; ) {
        await sleep(20);
        if (next - killedAt < killEvery || over) continue;
        killedAt = next;
        at = 1 + (at % (replicaCount - 1));
        const replica = replicas[at];
        if (replica?.service === undefined) continue;
        const killed = replica.service.kill();
        replica.gone = true;
        await killed;
        kills += 1;
        if (kills % 2 === 0) collector.outage(3_000);
        replica.service = await startReplica(at, replica.port);
        replica.gone = false;
      }
    };
    const killing = killer();
    await Promise.all(Array.from({ length: atOnce }, worker));
    over = true;
    await killing;
    // Four checkpoints of silence, and the leases of those that were killed.
    await untilSettled(databaseUrl, replicaCount);
    for (const { pool } of replicas) await pool.destroy();
  } finally {
    await host.stop();
    await upstream.service.stop();
  }
  collector.close();

  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ line: string }>("select line from gateway_audit order by chain, sequence");
  await client.end();
  const stored = rows.map(({ line }) => line);
  const shippedLines = readFileSync(shippedFile, "utf8").split("\n").filter(Boolean);
  const shipped = new Set(shippedLines);
  const missing = stored.filter((line) => !shipped.has(line));
  if (missing.length > 0) problems.push(`${missing.length} records were not shipped, for example ${missing[0]}`);
  if (shipped.size !== stored.length - missing.length)
    problems.push("something was shipped that is not in the database");
  const uids = new Set(stored.map((line) => /"uid":"([0-9a-f-]{36})"/.exec(line)?.[1]));
  if (uids.size !== stored.length) problems.push(`${stored.length} records, but ${uids.size} ids`);
  const ran = readFileSync(ranFile, "utf8").split("\n").filter(Boolean);
  const found = compare(seen, ran, stored);
  const verified: string[] = [];
  for (const [place, env] of [
    ["db", { DATABASE_URL: databaseUrl }],
    [shippedFile, {}],
  ] as const) {
    const { ok, text } = await verify(place, env, "--key", audit.AUDIT_KEY_FILE);
    verified.push(text);
    if (!ok) problems.push(`verify ${place}: ${text}`);
  }
  return {
    problems: [...problems, ...found.problems],
    ...{ counts: found.counts, kills, stored: stored.length, shipped: shipped.size, verified },
    repeats: shippedLines.length - shipped.size,
  };
}
