import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { policyProcess } from "../../policies/cli/testing/policy-process.ts";
import { unpackCluster } from "../testing/unpack-cluster.ts";
import { Human } from "./agents/human.ts";
import { editPolicy } from "./policy-copy.ts";
import { freePorts, type LocalPorts } from "./ports.ts";
import { Service } from "./service.ts";
import { everythingService, repository } from "./services.ts";
import { type LocalHost, startLocalHost } from "./up.ts";

const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-import-"));
const policies = join(folder, "hosts");
const demo = join(policies, "demo");
const serverEverything = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";
let ports: LocalPorts;
let host: LocalHost;
/** server-everything over HTTP+SSE, on the port after those of the host. */
let sse: Service;
let ssePort: number;

beforeAll(async () => {
  cpSync(join(repository, "policies/hosts/demo"), demo, { recursive: true });
  ports = await freePorts();
  unpackCluster(join(folder, "data", "gateway"));
  host = await startLocalHost({ policyDir: demo, dataDir: join(folder, "data"), ports });
  editPolicy(demo, "servers/issues.yaml", "127.0.0.1:7801", `127.0.0.1:${ports.issues}`);
  editPolicy(demo, "servers/everything.yaml", "127.0.0.1:7802", `127.0.0.1:${ports.everything}`);
  ssePort = (await freePorts()).everything;
  const spec = everythingService({ ...ports, everything: ssePort }, host.folders);
  sse = new Service({ ...spec, name: "server-everything over HTTP+SSE", args: [...spec.args.slice(0, -1), "sse"] });
  await sse.ready();
});
afterAll(async () => {
  await Promise.all([sse.stop(), host.stop()]);
  rmSync(folder, { recursive: true });
});

const run = (args: readonly string[], onNote?: (stderr: string) => void) =>
  policyProcess(["import", "--policies", policies, "--host", "demo", ...args], onNote && { onNote });
const read = (file: string) => readFileSync(join(demo, "servers", file), "utf8");

describe("real servers", () => {
  test("are what the locks of the demo say", async () => {
    expect(await run(["--check"])).toEqual({
      status: 0,
      stdout: `demo/everything: 19 tools, all as they were reviewed
demo/issues: 6 tools, all as they were reviewed
`,
      stderr: "",
    });
  });

  test("are the same over HTTP+SSE, to which a client falls back, and as a program", async () => {
    const url = ["--url", "https://everything.example.com/mcp"];
    const overSse = await run([`http://127.0.0.1:${ssePort}/sse`, "--server", "over-sse", ...url]);
    expect(overSse.stdout).toContain("Everything Reference Server: 19 tools over HTTP+SSE, protocol ");
    const program = ["--", process.execPath, join(repository, serverEverything), "stdio"];
    const overStdio = await run(["--server", "over-stdio", "--stdio", ...url, ...program]);
    expect(overStdio.stdout).toContain("Everything Reference Server: 19 tools over stdio, protocol ");
    for (const name of ["over-sse", "over-stdio"]) {
      expect(read(`${name}.lock.json`)).toBe(read("everything.lock.json"));
      for (const file of [`${name}.yaml`, `${name}.lock.json`]) rmSync(join(demo, "servers", file));
    }
  });

  test("over HTTP+SSE alone are written down as such, which the gateway can use", async () => {
    const url = `http://127.0.0.1:${ssePort}/sse`;
    expect((await run([url, "--server", "over-sse"])).status).toBe(0);
    expect(read("over-sse.yaml")).toContain(`url: "${url}"\ntransport: sse\n`);
    expect((await run(["--server", "over-sse", "--check"])).stdout).toContain("19 tools, all as they were reviewed");
    for (const name of ["over-sse.yaml", "over-sse.lock.json"]) rmSync(join(demo, "servers", name));
  });
});

describe("a server that asks for a sign-in, the gateway itself", () => {
  const files = () => readdirSync(join(demo, "servers"));
  /** Runs the import with a human who does `act` with the address that it prints. */
  async function signingIn(act: (human: Human, address: URL) => Promise<void>) {
    const human = new Human(host.gatewayUrl, "lead@example.com", host.accounts["lead@example.com"] ?? "");
    let acted: Promise<void> | undefined;
    const result = await run([`${host.gatewayUrl}/mcp/issues`, "--server", "through", "--no-browser"], (stderr) => {
      const [, address] = /^ {2}(http\S+)\n\n/m.exec(stderr) ?? [];
      if (address !== undefined) acted ??= act(human, new URL(address));
    });
    await acted;
    return result;
  }

  test("is read after a sign-in in the browser, with PKCE and a redirect to this machine", async () => {
    const { status, stdout, stderr } = await signingIn(async (human, address) => {
      expect(address.searchParams.get("code_challenge_method")).toBe("S256");
      const redirect = new URL(address.searchParams.get("redirect_uri") ?? "");
      expect(redirect.hostname).toBe("127.0.0.1");
      // Neither a page that guesses the port nor one that guesses a code ends the sign-in.
      redirect.search = "?code=stolen&state=guessed";
      expect((await fetch(redirect)).status).toBe(400);
      expect((await fetch(new URL("/", redirect))).status).toBe(404);
      const page = await fetch(await human.authorize(address, { level: "high" }));
      expect(await page.text()).toContain("Go back to the terminal");
    });
    expect(stdout).toContain("6 tools over streamable HTTP");
    expect(stderr).toContain("The server asks for a sign-in. Open this in your browser:");
    expect(read("through.yaml")).toContain(`auth: { type: oauth }\n`);
    expect(read("through.lock.json")).toBe(read("issues.lock.json"));
    expect(status).toBe(0);
    for (const name of ["through.yaml", "through.lock.json"]) rmSync(join(demo, "servers", name));
  });

  test("is not read when the human refuses", async () => {
    const before = files();
    const { status, stderr } = await signingIn(async (human, address) => {
      await fetch(await human.authorize(address, "deny"));
    });
    expect(stderr).toContain("The sign-in was refused (access_denied). Nothing was written.");
    expect(status).toBe(1);
    expect(files()).toEqual(before);
  });

  test("is not signed in to by a check of all servers", async () => {
    editPolicy(demo, "servers/issues.yaml", `http://127.0.0.1:${ports.issues}/mcp`, `${host.gatewayUrl}/mcp/issues`);
    const { status, stdout } = await run(["--check"]);
    expect(stdout).toContain("demo/issues: not checked: The server asks for a sign-in (401)");
    expect(status).toBe(1);
  });
});
