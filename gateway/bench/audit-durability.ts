/**
 * `npm run bench -- audit-durability [--seconds N] [--rounds N]`: what it costs that records are durable. The same
 * application, upstream and load, once with an audit log that keeps nothing, which no setting of the gateway gives, and once
 * with the real one on a PostgreSQL of its own; there calls whose record is durable before the answer (low) and before the
 * call (medium). Decisions and grants are in memory, so that nothing else varies.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type LoadResult, numberPlace, runLoad } from "../../infra/bench/run-load.ts";
import { startPostgresServer } from "../../infra/testing/postgres-server.ts";
import { openDatabase } from "../src/adapters/database.ts";
import type { AuditSink } from "../src/deps/audit.ts";
import { startGateway } from "../test/gateway-fixture.ts";
import { toolCall } from "../test/mcp-requests.ts";
import { auditLogOn } from "../testing/audit-fixture.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "5" }, rounds: { type: "string", default: "3" } },
});
const human = "alice@example.com";
const unlimited = { max: 1_000_000, windowSeconds: 1 };
const silent: AuditSink = { write: async () => undefined, note: () => undefined };

async function startUpstream() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const program = fileURLToPath(new URL("../../infra/local/bench/upstream.ts", import.meta.url));
  const child = spawn(process.execPath, [program, String(port)], { stdio: "ignore" });
  await sleep(1_500);
  return { url: `http://127.0.0.1:${port}/mcp`, stop: () => child.kill() };
}

const upstream = await startUpstream();
const postgres = await startPostgresServer();
const database = await openDatabase({ url: `postgres://gateway@127.0.0.1:${postgres.port}/postgres` });
const start = async (audit: AuditSink) => {
  const gateway = await startGateway(upstream.url, { audit, environment: { LOG_LEVEL: "warn" } });
  gateway.provision({ host: { rate_limits: { mcp: unlimited, writes: unlimited, all: unlimited } } });
  gateway.world.ceilings.set(human, "medium");
  gateway.world.now = new Date();
  return { gateway, token: `token-${gateway.connect(human, "client", "medium").id}` };
};
const [without, durable] = [await start(silent), await start(auditLogOn(database))];

const variants = [
  ["no audit", without, "list_issues"],
  ["durable before the answer (low)", durable, "list_issues"],
  ["durable before the call (medium)", durable, "create_issue"],
] as const;

const measure = async ({ gateway, token }: typeof without, tool: string, connections: number): Promise<LoadResult> => {
  const { headers, body } = toolCall(tool, { note: numberPlace, bytes: 64 }, numberPlace);
  const accept = { accept: "application/json, text/event-stream", "content-type": "application/json" };
  const result = await runLoad({
    ...{ url: `${gateway.url}/mcp/issues`, connections, warmUpSeconds: 1, seconds: Number(values.seconds) },
    headers: [{ ...accept, ...headers, authorization: `Bearer ${token}` }],
    ...{ bodies: [JSON.stringify(body)], marker: '"result":' },
  });
  if (result.markedShare !== 1) throw new Error(`${tool}: some calls were refused`);
  return result;
};

/** The middle one of each number. */
const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const print = (...columns: readonly string[]) =>
  process.stdout.write(
    `${columns.map((column, at) => (at === 0 ? column.padEnd(34) : column.padStart(12))).join("")}\n`,
  );

try {
  for (const connections of [1, 32]) {
    const results = new Map<string, LoadResult[]>();
    for (let round = 0; round < Number(values.rounds); round += 1) {
      // In turns, so that a machine that gets slower does so for all.
      for (const [name, subject, tool] of variants) {
        results.set(name, [...(results.get(name) ?? []), await measure(subject, tool, connections)]);
      }
    }
    const of = (name: string, number: (result: LoadResult) => number) => median((results.get(name) ?? []).map(number));
    print(
      `${connections} connection${connections === 1 ? "" : "s"}`,
      "p50 ms",
      "p99 ms",
      "added p50",
      "added p99",
      "calls/s",
    );
    for (const [name] of variants) {
      const [p50, p99] = [of(name, ({ p50Ms }) => p50Ms), of(name, ({ p99Ms }) => p99Ms)];
      const [base50, base99] = [of("no audit", ({ p50Ms }) => p50Ms), of("no audit", ({ p99Ms }) => p99Ms)];
      const numbers = [p50, p99, p50 - base50, p99 - base99].map((number) => number.toFixed(2));
      print(`  ${name}`, ...numbers, Math.round(of(name, ({ perSecond }) => perSecond)).toString());
    }
  }
} finally {
  for (const { gateway } of [without, durable]) await gateway.close();
  await database.close();
  postgres.stop();
  upstream.stop();
}
