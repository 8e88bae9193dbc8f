/**
 * `npm run conformance:upstream-auth`: the client scenarios `auth/*` of the MCP conformance suite against the gateway as
 * OAuth client of an upstream. One gateway runs; for each scenario a human consents by HTTP and an agent calls the tools.
 * Prints a table; ends with 1 when a check fails. Arguments are names of scenarios; without any, all run.
 */
import { spawn } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent, fetch as undiciFetch } from "undici";
import { z } from "zod";
import { createUpstream } from "../../src/adapters/upstream.ts";
import { TestHost } from "../../src/oauth/testing/test-host.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { doesNotApply } from "./expectations.ts";
import { goThrough, type Scenario } from "./journey.ts";

const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));
const client = fileURLToPath(new URL("./client.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "upstream-auth-"));
const checks = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

// https, as it would be: only so is the gateway's metadata document a client id. What is fetched there comes here.
const publicUrl = "https://gateway.test";
const original = globalThis.fetch;
let port = 0;
const local = new Agent({
  connect: (_options, done) => {
    const socket = connect(port, "localhost", () => done(null, socket));
    socket.once("error", (error) => done(error, null));
  },
});
globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.origin !== publicUrl) return original(input, init);
  url.protocol = "http:";
  const response = (await undiciFetch(url, { ...init, dispatcher: local } as never)) as unknown as Response;
  // Secure cookies are kept for the address that was asked for.
  return Object.defineProperty(response, "url", { value: url.href.replace("http:", "https:") });
};

const host = await TestHost.start(await openMemoryDatabase(), {
  upstream: createUpstream(),
  decisions: {
    check: async () => true,
    checkAll: async (_user, actions) => actions.map(() => true),
    ready: async () => true,
  },
  environment: new Proxy({ PUBLIC_URL: publicUrl } as Record<string, string>, {
    // The secrets of a scenario are known once it runs.
    get: (own, name) => own[String(name)] ?? process.env[String(name)],
  }),
});
port = (host.app.server.address() as AddressInfo).port;

const control = createServer((request, response) => {
  const run = async () => {
    const scenario = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Scenario;
    try {
      await goThrough(host, scenario);
      response.writeHead(200).end("went through");
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : "failed");
    }
    for (const table of ["gateway_upstream_token", "gateway_upstream_client"] as const) {
      await host.database.kysely.deleteFrom(table).execute();
    }
  };
  run().catch((error: unknown) => response.destroy(error as Error));
}).listen(0, "127.0.0.1");
await new Promise((resolve) => control.once("listening", resolve));
const controlUrl = `http://127.0.0.1:${(control.address() as AddressInfo).port}`;

async function suite(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env.PATH } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  await new Promise((resolve) => child.once("close", resolve));
  return output;
}

/** Scenario -> the newest revision it is for, as the suite lists them. */
async function scenarios(): Promise<readonly (readonly [string, string])[]> {
  const lines = (await suite("list")).matchAll(/^ {2}- (auth\/\S+) \[(?:.*,)?([^,\]]+)\]$/gm);
  const asked = process.argv.slice(2);
  const all = [...lines].map(([, name = "", revision = ""]) => [name, revision] as const);
  return asked.length === 0 ? all : all.filter(([name]) => asked.includes(name));
}

let failed = false;
const rows: string[] = [];
for (const [name, revision] of await scenarios()) {
  const reason = doesNotApply[name];
  if (reason !== undefined) {
    rows.push(`| ${name} | ${revision} | does not apply: ${reason} |`);
    continue;
  }
  const command = `${process.execPath} ${client} ${controlUrl}`;
  const version = revision === "extension" ? [] : ["--spec-version", revision];
  const output = join(folder, name);
  const said = await suite("client", "--command", command, "--scenario", name, ...version, "--output-dir", output);
  const [file] = globSync(join(output, "**", "checks.json"));
  const found = file === undefined ? [] : checks.parse(JSON.parse(readFileSync(file, "utf8")));
  const count = (status: string) => found.filter((check) => check.status === status).length;
  const bad = found.filter(({ status }) => status === "FAILURE");
  const warned = found.filter(({ status }) => status === "WARNING");
  if (found.length === 0 || bad.length > 0) {
    failed = true;
    process.stderr.write(`${name}: ${JSON.stringify(bad)}\n${said}\n`);
  }
  const words = [
    `${count("SUCCESS")} passed`,
    bad.length > 0 ? `${bad.length} failed` : "",
    ...warned.map(({ id }) => `warning: ${id}`),
  ];
  const row = `| ${name} | ${revision} | ${words.filter(Boolean).join(", ")} |`;
  rows.push(row);
  process.stderr.write(`${row}\n`);
}
process.stdout.write(`| scenario | revision | result |\n| --- | --- | --- |\n${rows.join("\n")}\n`);
control.close();
await host.close();
rmSync(folder, { recursive: true });
process.exit(failed ? 1 : 0);
