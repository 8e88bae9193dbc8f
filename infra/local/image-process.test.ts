/**
 * The gateway as its image runs it: the bundle, in a folder without sources or packages. GATEWAY_COMMAND, a JSON list,
 * runs something else instead, as `npm run gateway:image:check` does with the image's own process.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Agent, type Sdk } from "./agents/agent.ts";
import { Human } from "./agents/human.ts";
import { sdkV1 } from "./agents/sdk-v1.ts";
import { sdkV2 } from "./agents/sdk-v2.ts";
import { AuditLines } from "./audit-lines.ts";
import { countAuditRows } from "./audit-rows.ts";
import { copyPolicies } from "./policy-copy.ts";
import { freePorts } from "./ports.ts";
import { type LocalHost, startLocalHost } from "./up.ts";

const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-image-"));
const app = join(folder, "app");
const audit = new AuditLines();
let host: LocalHost;
/** A machine with much else to do is slower than the second that is the default. */
const soon = { timeout: 10_000 };
/** A tool of the reference server that takes the seconds that it is told. */
const longRunning = "trigger-long-running-operation";

/** A new, empty database on the machine's PostgreSQL. */
async function emptyDatabase(serverUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  const name = `image_${process.pid}_${Date.now()}`;
  await client.query(`create database ${name}`);
  await client.end();
  return Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
}

const serverUrl = process.env.DATABASE_URL_TEST;
const databaseUrl = serverUrl === undefined ? undefined : await emptyDatabase(serverUrl);

beforeAll(async () => {
  execFileSync(process.execPath, ["gateway/container/bundle.ts", app], { stdio: "pipe" });
  // Not even a file of its own could be made: for root this is said by the comparison below.
  for (const path of ["dist", "web/dist", "."]) chmodSync(join(app, path), 0o555);
  const given = process.env.GATEWAY_COMMAND;
  const command =
    given === undefined ? [process.execPath, join(app, "dist/server.js")] : (JSON.parse(given) as string[]);
  host = await startLocalHost({
    policyDir: copyPolicies("policies/hosts/demo", folder),
    dataDir: join(folder, "data"),
    ports: await freePorts(),
    gatewayCommand: [
      "env",
      "SHUTDOWN_DELAY_SECONDS=2",
      "SHUTDOWN_TIMEOUT_SECONDS=10",
      "AUDIT_CHECKPOINT_SECONDS=1",
      ...command,
    ],
    onGatewayLine: (line) => audit.take(line),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
});
afterAll(async () => {
  await host.stop();
  for (const path of ["dist", "web/dist", "."]) chmodSync(join(app, path), 0o755);
  rmSync(folder, { recursive: true });
});

async function connect<T>(name: string, server: string, level: "low" | "medium", sdk: Sdk<T>): Promise<Agent<T>> {
  const agent = new Agent(name, `${host.gatewayUrl}/mcp/${server}`, sdk);
  const email = "lead@example.com";
  await agent.connect(new Human(host.gatewayUrl, email, host.accounts[email] ?? ""), { level });
  return agent;
}

test("the pages are there, and the folder is as it was built", async () => {
  const page = await (await fetch(`${host.gatewayUrl}/sign-in`)).text();
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
  expect((await fetch(host.gatewayUrl + script)).headers.get("cache-control")).toContain("immutable");
  const programs = readdirSync(join(app, "dist")).filter((name) => !/-[\w-]{8}\.js$/.test(name));
  expect(programs.toSorted()).toEqual([
    ...["database-setup.js", "health-check.js", "initdb.wasm", "pglite.data", "pglite.wasm", "server.js"],
  ]);
  expect(readdirSync(app).toSorted()).toEqual(["LICENSE", "dist", "package.json", "sbom.cdx.json", "volumes", "web"]);
});

test("the health check passes while it runs, fails otherwise, and says nothing", () => {
  const check = (port: string) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(app, "dist/health-check.js")], {
      env: { PORT: port },
      encoding: "utf8",
    });
    return [status, stdout, stderr];
  };
  expect(check(new URL(host.gatewayUrl).port)).toEqual([0, "", ""]);
  expect(check("1")).toEqual([1, "", ""]);
});

test.runIf(databaseUrl !== undefined)(
  "killed in the middle of calls: what reached the upstream is on record, and soon with an end",
  async () => {
    const agent = await connect("killed", "issues", "medium", sdkV2("2026-07-28"));
    const upstreamCalls = async () => ((await (await fetch(host.issuesCallsUrl)).json()) as { calls: string[] }).calls;
    const before = (await upstreamCalls()).length;
    // Not by the SDK, which waits for a minute when the answer breaks off.
    const call = async (title: string) => {
      const answer = await fetch(`${host.gatewayUrl}/mcp/issues`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${agent.oauth.tokens()?.access_token}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": "tools/call",
          "mcp-name": "create_issue",
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: {
            name: "create_issue",
            arguments: { project: "DEMO", title },
            _meta: {
              "io.modelcontextprotocol/protocolVersion": "2026-07-28",
              "io.modelcontextprotocol/clientInfo": { name: "killed", version: "1" },
              "io.modelcontextprotocol/clientCapabilities": {},
            },
          },
        }),
      });
      return (await answer.text()).includes('"result"');
    };
    expect(await call("The first")).toBe(true);
    // One that is certainly open when the process ends.
    const slow = await connect("killed slow", "everything", "low", sdkV1);
    void slow.call(longRunning, { duration: 60, steps: 60 }).catch(() => undefined);
    await expect.poll(() => audit.of("killed slow"), soon).toMatchObject([{ tool: longRunning, decision: "allow" }]);
    const calls = Array.from({ length: 40 }, (_, i) => call(`No. ${i}`));
    const settled = Promise.allSettled(calls);
    await expect.poll(async () => (await upstreamCalls()).length, { ...soon, interval: 1 }).toBeGreaterThan(before + 1);
    await host.crashGateway();
    const answered = (await settled).filter((outcome) => outcome.status === "fulfilled" && outcome.value).length;
    const reached = (await upstreamCalls()).length - before;
    const records = await countAuditRows({ url: databaseUrl ?? "" });
    expect(records.calls).toBeGreaterThanOrEqual(reached);
    expect(reached).toBeGreaterThan(answered);
    // The next process says of each call that had no end that nobody knows it, when the chain was silent for long enough.
    const rows = () => countAuditRows({ url: databaseUrl ?? "" });
    const open = async () => (await rows()).allowed - (await rows()).results;
    await expect.poll(open, { timeout: 30_000, interval: 200 }).toBe(0);
    expect((await rows()).unknown).toBeGreaterThan(0);
    await Promise.all([agent.close(), slow.close()].map((closed) => closed.catch(() => undefined)));
  },
);

test("SIGTERM: not ready at once, calls in flight end, streams are closed, exit code 0 within its time", async () => {
  const slow = await connect("slow", "everything", "low", sdkV1);
  const quick = await connect("quick", "issues", "low", sdkV2("2026-07-28"));
  const finished: string[] = [];
  const inFlight = slow.call(longRunning, { duration: 3, steps: 3 }).finally(() => finished.push("call"));
  await expect.poll(() => audit.of("slow"), soon).toMatchObject([{ tool: longRunning, decision: "allow" }]);

  const startedAt = Date.now();
  const stopping = host.stop().finally(() => finished.push("gateway"));
  const ready = () => fetch(`${host.gatewayUrl}/readyz`);
  await expect.poll(async () => (await ready()).status, { ...soon, interval: 20 }).toBe(503);
  const answer = await ready();
  expect([await answer.json(), answer.headers.get("connection")]).toEqual([{ status: "stopping" }, "close"]);
  expect((await fetch(`${host.gatewayUrl}/healthz`)).status).toBe(200);
  // A load balancer may not have noticed yet.
  expect(await quick.call("list_issues", {})).toMatchObject({ kind: "result" });

  expect(await inFlight).toMatchObject({ kind: "result", text: expect.stringContaining("completed") as string });
  expect((await stopping).get("gateway")).toBe(0);
  expect(finished).toEqual(["call", "gateway"]);
  expect(Date.now() - startedAt).toBeLessThan(17_000);
  await Promise.all([slow.close(), quick.close()].map((closed) => closed.catch(() => undefined)));
});
