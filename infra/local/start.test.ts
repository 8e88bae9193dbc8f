import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkPortsFree, freePorts } from "./ports.ts";

const start = (...args: string[]) =>
  spawnSync(process.execPath, ["infra/local/start.ts", ...args], { encoding: "utf8", timeout: 60_000 });

test("--help says every option", () => {
  const { status, stdout } = start("--help");
  expect(status).toBe(0);
  for (const option of ["--policies", "--host", "--data", "--gateway-port", "--permit-port", "--issues-port"]) {
    expect(stdout).toContain(option);
  }
});

test.each([
  ["an unknown option", ["--prot", "1"], "Unknown option '--prot'"],
  [
    "a port that is none",
    ["--gateway-port", "http"],
    '--gateway-port must be a port number from 1 to 65535, not "http".',
  ],
])("%s is a usage error", (_, args, message) => {
  const { status, stderr } = start(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

test("a host that does not exist is a finding, and nothing is started", () => {
  const { status, stdout, stderr } = start("--host", "nosuch");
  expect(status).toBe(1);
  expect(stderr).toContain("policies/hosts/nosuch:1:1 file-missing: There is no such folder.");
  expect(stdout).not.toContain("Starting");
});

test("a busy port is named with the option that changes it, and nothing is started", async () => {
  const ports = await freePorts();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(ports.gateway, "127.0.0.1", resolve));
  const { status, stdout, stderr } = start(
    ...["--gateway-port", String(ports.gateway), "--permit-port", String(ports.permit)],
    ...["--issues-port", String(ports.issues), "--everything-port", String(ports.everything)],
  );
  server.close();
  expect(status).toBe(1);
  expect(stderr).toContain(`${ports.gateway} (gateway): choose another with --gateway-port`);
  expect(stdout).not.toContain("Starting");
});

test("prints what to do next, and Ctrl-C ends all of it", async () => {
  const data = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-start-"));
  const ports = await freePorts();
  const child = spawn(
    process.execPath,
    [
      "infra/local/start.ts",
      "--data",
      data,
      ...Object.entries(ports).flatMap(([name, port]) => [`--${name}-port`, `${port}`]),
    ],
    // A process group of its own: the terminal's Ctrl-C goes to all of it.
    { detached: true, stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  const up = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Ctrl-C ends everything")) resolve();
    });
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await Promise.race([up, ended]);
  process.kill(-(child.pid ?? 0), "SIGINT");

  expect(await ended).toBe(0);
  const url = `http://localhost:${ports.gateway}/mcp/issues`;
  for (const line of [
    `claude mcp add --transport http issues ${url}`,
    `{"mcpServers":{"issues":{"url":"${url}"}}}`,
    `{"servers":{"issues":{"type":"http","url":"${url}"}}}`,
    `{"mcpServers":{"issues":{"command":"npx","args":["mcp-remote","${url}"]}}}`,
    "Three things to try",
  ]) {
    expect(output).toContain(line);
  }
  expect(output).toMatch(/developer@example\.com +\S{12,} +everything low, issues medium/);
  await checkPortsFree(ports);
  expect(statSync(join(data, "secrets.json")).mode & 0o777).toBe(0o600);
  rmSync(data, { recursive: true });
}, 90_000);
