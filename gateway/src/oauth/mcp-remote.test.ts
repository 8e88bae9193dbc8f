/** `mcp-remote` from npm, as clients that speak stdio only run it: a process that opens a browser. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startUpstream, type UpstreamFixture } from "../../test/upstream-fixture.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { createUpstream } from "../adapters/upstream.ts";
import { TestHost } from "./testing/test-host.ts";

const program = fileURLToPath(import.meta.resolve("mcp-remote/dist/proxy.js"));
const folder = mkdtempSync(join(tmpdir(), "mcp-remote-"));
/** What the process takes for a browser: hands the address to the test, whose human does the rest. */
const browser = join(folder, "browser.mjs");
const opened: URL[] = [];
const visits: Promise<Response>[] = [];
const desk = createServer((request, response) => {
  const visit = async () => {
    const url = new URL(Buffer.concat(await request.toArray()).toString());
    opened.push(url);
    response.end();
    return fetch(await host.human("lead").authorize(url, "issues", "low"));
  };
  visits.push(visit());
});
let upstream: UpstreamFixture;
let host: TestHost;

beforeAll(async () => {
  const script = `await fetch(process.env.TEST_DESK, { method: "POST", body: process.argv[2] });`;
  writeFileSync(browser, `#!${process.execPath}\n${script}\n`);
  chmodSync(browser, 0o755);
  await new Promise<void>((resolve) => desk.listen(0, "127.0.0.1", resolve));
  upstream = await startUpstream();
  host = await TestHost.start(await openMemoryDatabase(), {
    upstream: createUpstream(),
    decisions: { check: async () => true, checkAll: async () => [], ready: async () => true },
  });
  await host.directory.change({
    servers: {
      issues: { tools: { list_issues: "low" }, attributes: { upstream_url: upstream.url, list_tools: "all" } },
    },
  });
});
afterAll(async () => {
  await host.close();
  await upstream.close();
  desk.closeAllConnections();
  desk.close();
  rmSync(folder, { recursive: true });
});

async function connect(path: string) {
  const client = new Client({ name: "stdio client", version: "1.0.0" });
  const { port } = desk.address() as AddressInfo;
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [program, `${host.publicUrl}${path}`, "--transport", "http-only"],
      env: {
        PATH: process.env.PATH ?? "",
        HOME: folder,
        MCP_REMOTE_CONFIG_DIR: folder,
        BROWSER: browser,
        TEST_DESK: `http://127.0.0.1:${port}/`,
      },
      stderr: "ignore",
    }),
  );
  return client;
}

test("registers, signs in and consents in the browser, calls a tool; the next start needs no browser", async () => {
  const client = await connect("/mcp/issues");
  expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(["list_issues"]);
  const { content } = await client.callTool({ name: "list_issues", arguments: {} });
  expect(content).toEqual([{ type: "text", text: expect.stringContaining("list_issues") }]);
  await client.close();
  expect(upstream.ran).toEqual(["list_issues"]);
  expect((await Promise.all(visits)).map(({ status }) => status)).toEqual([200]);

  const again = await connect("/mcp/issues");
  await again.callTool({ name: "list_issues", arguments: {} });
  await again.close();
  expect(opened).toHaveLength(1);
});

test("connects at /mcp, where the human chooses the server", async () => {
  const client = await connect("/mcp");
  await client.callTool({ name: "list_issues", arguments: {} });
  await client.close();
  expect(opened.at(-1)?.searchParams.get("resource")).toBe(`${host.publicUrl}/mcp`);
});
