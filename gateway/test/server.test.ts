/** The process as ECS starts it: environment in, lines and exit codes out. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromOcsf } from "../src/audit/ocsf/from-ocsf.ts";
import { unpackCluster } from "../testing/unpack-cluster.ts";
import { type PermitFixture, permitKey, startPermit } from "./permit-fixture.ts";

let permit: PermitFixture;
const folder = mkdtempSync(join(tmpdir(), "gateway-server-test-"));
const running: ChildProcess[] = [];

beforeAll(async () => {
  permit = await startPermit();
  permit.instances.set("gateway_host:demo", {
    attributes: { name: "Demo", servers: [], sign_in: { password: { enabled: true } } },
  });
});
afterAll(async () => {
  for (const process of running) process.kill("SIGKILL");
  await permit.close();
  rmSync(folder, { recursive: true, force: true });
});

const environment = (port: number): Record<string, string> => {
  unpackCluster(join(folder, String(port)));
  return variables(port);
};
const variables = (port: number): Record<string, string> => ({
  LISTEN_HOST: "127.0.0.1",
  PORT: String(port),
  PUBLIC_URL: `http://localhost:${port}`,
  HOST_KEY: "demo",
  PERMIT_API_KEY: permitKey,
  PERMIT_API_URL: permit.url,
  PERMIT_PDP_URL: permit.url,
  DATA_DIR: join(folder, String(port)),
  AUTH_SECRET: "0123456789abcdef0123456789abcdef",
});

function start(env: Record<string, string>, ...nodeArguments: string[]) {
  const server = fileURLToPath(new URL("../src/server.ts", import.meta.url));
  const child = spawn(process.execPath, [...nodeArguments, server], {
    env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const output = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.err += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, output, exited };
}

async function busyPort(): Promise<{ port: number; free(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, free: () => new Promise((resolve) => server.close(() => resolve())) };
}

test("a wrong environment: every wrong variable, no stack, no value", async () => {
  const { output, exited } = start({ PUBLIC_URL: "http://example.com", AUTH_SECRET: "short-secret" });
  expect(await exited).toBe(1);
  expect(output.err.split("\n").map((line) => line.split(":")[0]?.trim())).toEqual([
    "The gateway can't start, its environment is incomplete",
    "PUBLIC_URL",
    "HOST_KEY",
    "PERMIT_API_KEY",
    "PERMIT_PDP_URL",
    "AUTH_SECRET",
    "",
  ]);
  expect(output.err).not.toContain("short-secret");
});

test("a busy port: a sentence that says what to do", async () => {
  const busy = await busyPort();
  const { output, exited } = start(environment(busy.port));
  expect(await exited).toBe(1);
  expect(output.err).toBe(`Port ${busy.port} is used by another process. End it, or set PORT to a free one.\n`);
  await busy.free();
});

test("starts, gets ready, and stops on SIGTERM within its time; nothing secret on its output", async () => {
  const { port, free } = await busyPort();
  await free();
  const { child, output, exited } = start({
    ...environment(port),
    LOG_LEVEL: "trace",
    SETTINGS_REFRESH_SECONDS: "0.2",
  });
  const ready = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      (response) => response.status,
      () => 0,
    );
  await expect.poll(ready, { timeout: 30_000, interval: 200 }).toBe(200);
  permit.failWith = 503;
  expect(await ready()).toBe(503);
  permit.failWith = undefined;
  const host = permit.instances.get("gateway_host:demo") ?? {};
  permit.instances.set("gateway_host:demo", { attributes: { ...(host.attributes as object), requires: ["quantum"] } });
  await expect.poll(ready, { timeout: 10_000 }).toBe(503);
  permit.instances.set("gateway_host:demo", host);
  await expect.poll(ready, { timeout: 10_000 }).toBe(200);
  const refused = await fetch(`http://localhost:${port}/mcp/issues?code=secret-code`, { method: "POST" });
  expect(refused.status).toBe(404);
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
  expect(output.err).toBe("");
  const lines = output.out.trim().split("\n");
  const events = lines.map((line) => fromOcsf(JSON.parse(line))?.record.event).filter((event) => event !== undefined);
  // Everything else is a line of the log of the application.
  expect(lines.filter((line) => "level" in JSON.parse(line)).length + events.length).toBe(lines.length);
  expect([events[0], events.at(-1)]).toEqual(["log_started", "log_ended"]);
  // The settings of the start, others, and those of the start again.
  expect(events.filter((event) => event === "policy_refreshed")).toHaveLength(3);
  for (const secret of [permitKey, variables(port).AUTH_SECRET ?? "", "secret-code"]) {
    expect(output.out).not.toContain(secret);
  }
});

test("an error that nobody handled: a line that says so, an end in order, exit code 1", async () => {
  const { port, free } = await busyPort();
  await free();
  const defect = `data:text/javascript,process.on("SIGUSR2", () => Promise.reject(new Error("a defect")))`;
  const { child, output, exited } = start({ ...environment(port), LOG_LEVEL: "fatal" }, "--import", defect);
  const ready = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(ready, { timeout: 30_000, interval: 200 }).toBe(200);
  child.kill("SIGUSR2");
  // Another one while it stops changes nothing.
  child.kill("SIGUSR2");
  expect(await exited).toBe(1);
  const lines = output.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { code?: string; err?: unknown });
  const defects = lines.filter(({ code }) => code === "GATEWAY_DEFECT");
  expect(defects[0]).toMatchObject({ level: 60, err: { message: "a defect", stack: expect.any(String) } });
  expect(lines.map((line) => fromOcsf(line)?.record.event)).toContain("log_ended");
  expect(output.err).toBe("");
});
