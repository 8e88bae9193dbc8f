/**
 * `npm run conformance:authorization`: the authorization server scenarios of the MCP conformance suite, for a public
 * client that registers itself and one that is known by its metadata document, with and without `resource`. Prints what
 * each check said; ends with 1 when one failed or none ran.
 */
import { spawn } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { createGuardedFetch } from "../src/adapters/guarded-fetch.ts";
import { TestClient } from "../src/oauth/testing/test-client.ts";
import { TestHost } from "../src/oauth/testing/test-host.ts";
import { startHttpsServer } from "../testing/https-server.ts";
import { openMemoryDatabase } from "../testing/memory-database.ts";

const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));
const checks = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));
const specVersion = "2026-07-28";

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

// The document is at a name that resolves to a public address; only the connection ends on this machine.
const documentName = "client.example.com";
let document: object = {};
const documents = await startHttpsServer(documentName, (_request, response) => {
  response.setHeader("content-type", "application/json").end(JSON.stringify(document));
});
const guard = createGuardedFetch(
  { hosts: [], ranges: [] },
  {
    lookup: ((_name: string, _options: object, done: (error: null, found: object[]) => void) =>
      done(null, [{ address: "93.184.216.34", family: 4 }])) as never,
    lastHop: { address: "127.0.0.1", ca: documents.ca },
  },
);
const host = await TestHost.start(await openMemoryDatabase(), { fetchClientMetadata: guard.fetch });
const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-authorization-"));

/** Runs the scenarios once. The human signs in and consents when the suite has printed its authorization URL. */
async function run(name: string, clientId: string, port: number, resource: string | undefined) {
  const output = join(folder, name.replaceAll(" ", "-"));
  const args = ["--url", host.publicUrl, "--client-id", clientId, "-p", String(port), "--spec-version", specVersion];
  const asked = resource === undefined ? [] : ["--resource", resource];
  const child = spawn(process.execPath, [program, "authorization", ...args, ...asked, "-o", output], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH },
  });
  let printed = "";
  let answered: Promise<unknown> | undefined;
  const read = (chunk: Buffer) => {
    printed += chunk.toString();
    const url = /(http\S+response_type=code\S*)\s/.exec(printed)?.[1];
    if (url === undefined || answered !== undefined) return;
    answered = host
      .human("lead")
      .authorize(url, "issues", "low")
      .then((callback) => fetch(callback))
      .catch((error: unknown) => {
        process.stderr.write(`${name}: ${String(error)}\n`);
        child.kill();
      });
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  await answered;
  const found = globSync(join(output, "**/checks.json")).flatMap((file) =>
    checks.parse(JSON.parse(readFileSync(file, "utf8"))),
  );
  const failed = found.filter(({ status }) => status !== "SUCCESS" && status !== "INFO");
  for (const { id, status, errorMessage = "" } of found)
    process.stdout.write(`${name}  ${status}  ${id} ${errorMessage}\n`);
  if (found.length === 0) process.stderr.write(`${name}: nothing ran\n${printed}\n`);
  return found.length > 0 && failed.length === 0;
}

const results: boolean[] = [];
try {
  for (const resource of [undefined, `${host.publicUrl}/mcp/issues`]) {
    const asked = resource === undefined ? "without resource" : "with resource";
    const port = await freePort();
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    const client = new TestClient(host.publicUrl, redirectUri);
    await client.register();
    results.push(await run(`registered, ${asked}`, client.clientId, port, resource));

    const documentUrl = `https://${documentName}:${documents.port}/client-${results.length}.json`;
    document = {
      client_id: documentUrl,
      client_name: "Conformance suite",
      redirect_uris: ["http://127.0.0.1/callback"],
      token_endpoint_auth_method: "none",
    };
    results.push(await run(`metadata document, ${asked}`, documentUrl, port, resource));
  }
} finally {
  await host.close();
  await guard.close();
  await documents.close();
  rmSync(folder, { recursive: true });
}
process.exitCode = results.length === 4 && results.every(Boolean) ? 0 : 1;
