/** Servers that are programs: started for one agent's session, from the gateway's own configuration only, and ended. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { type ServerTransport, toolDigest } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { keepSecrets } from "../testing/test-log.ts";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { post } from "./mcp-requests.ts";

const alice = "alice@example.com";
const secret = "a-secret-of-the-program-7f31";
const program = fileURLToPath(new URL("./programs/issues-program.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "stdio-upstreams-"));
const marksFile = join(folder, "marks");
const given = { command: process.execPath, args: [program, "--flag; exit 1"] };
const env = { MARKS: marksFile, API_TOKEN: { secret: "issues/token" } };
const stdio = (changes: object = {}) => ({ type: "stdio", ...given, env, ...changes }) as ServerTransport;

let gateway: GatewayFixture;
let token = "";
const provision = (transport: ServerTransport) =>
  gateway.provision({ server: { upstream_url: "stdio:issues", transport } });

beforeAll(async () => {
  keepSecrets([secret]);
  gateway = await startGateway("http://127.0.0.1:9/mcp", {
    environment: {
      STDIO_PROGRAMS: JSON.stringify([{ ...given, env: Object.keys(env) }]),
      SECRET_OF_GATEWAY: "not for programs",
    },
    sessionLimits: { idleMs: 200, perHuman: 2, all: 3 },
  });
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  rmSync(marksFile, { force: true });
  gateway.world.secrets.SECRET_ISSUES_TOKEN = secret;
  gateway.world.ceilings.set(alice, "high").set("bob@example.com", "high");
  gateway.world.audit.length = 0;
  token = `token-${gateway.connect(alice, "client-a", "low").id}`;
  provision(stdio());
});

const marks = (): string[] => {
  try {
    return readFileSync(marksFile, "utf8").trim().split("\n");
  } catch {
    return [];
  }
};
const pids = () => marks().flatMap((line) => (line.startsWith("started ") ? [Number(line.slice(8))] : []));
const runs = (pid: number) => {
  try {
    process.kill(pid, 0);
    // A process that nobody has waited for yet has ended all the same.
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};
const until = (what: () => boolean) => vi.waitFor(() => expect(what()).toBe(true), { timeout: 8_000, interval: 20 });
const allGone = () => until(() => pids().length > 0 && !pids().some(runs));

async function connect(bearer = token): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: { form: {} } } });
  const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp/issues`), {
    requestInit: { headers: { authorization: `Bearer ${bearer}` } },
  });
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  return client;
}
async function end(client: Client): Promise<void> {
  await (client.transport as StreamableHTTPClientTransport).terminateSession();
  await client.close();
}
const tell = async (client: Client, what: string, options = {}) => {
  const call = { name: "list_issues", arguments: { what } };
  const { content } = await client.callTool(call, CallToolResultSchema, options);
  return JSON.parse((content as { text: string }[])[0]?.text ?? "null") as unknown;
};

const initialize = {
  body: {
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
  },
};
const callOf = (what: string, id: number | string = 1) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "list_issues", arguments: { what } },
});
const answerIn = (text: string): unknown =>
  JSON.parse(
    text
      .split("\n")
      .find((line) => line.startsWith("data: "))
      ?.slice(6) ?? "{}",
  );
async function openSession(bearer = token): Promise<{ "mcp-session-id": string }> {
  const { status, headers } = await post(gateway, bearer, initialize);
  expect(status).toBe(200);
  return { "mcp-session-id": headers.get("mcp-session-id") ?? "" };
}

test("a real client has all of it: lists, calls, progress, a question of the server, a notification; then nothing is left", async () => {
  const client = await connect();
  const changed = vi.fn();
  client.fallbackNotificationHandler = async ({ method }) => changed(method);
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept" as const, content: { which: "this" } }));
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["list_issues"]);
  const progress: number[] = [];
  expect(await tell(client, "progress", { onprogress: (p: { progress: number }) => progress.push(p.progress) })).toBe(
    "done",
  );
  expect(progress).toEqual([1, 2, 3]);
  expect(await tell(client, "ask")).toEqual({ action: "accept", content: { which: "this" } });
  expect(await tell(client, "announce")).toBe("announced");
  await vi.waitFor(() => expect(changed).toHaveBeenCalledWith("notifications/tools/list_changed"));
  expect(await tell(client, "babble")).toBe("babbled");
  expect(pids().length).toBe(1);
  await end(client);
  await allGone();
});

test("a tool of a program is compared with its lock too, by a list in the session at hand", async () => {
  const client = await connect();
  const listed = (await client.listTools()).tools.find((tool) => tool.name === "list_issues");
  if (listed === undefined) throw new Error("no such tool");
  const { name, ...definition } = listed as typeof listed & { inputSchema: Record<string, unknown> };
  const pin = (digest: string) =>
    gateway.provision({
      server: { upstream_url: "stdio:issues", transport: stdio() },
      tools: { list_issues: { trust: "low", digest } },
    });
  pin(toolDigest(name, definition as Parameters<typeof toolDigest>[1]));
  expect(await tell(client, "arguments")).toBeDefined();
  pin("sha256:other");
  await expect(tell(client, "arguments")).rejects.toThrow("Permission denied");
  expect(gateway.world.audit.map(({ code }) => code)).toEqual(["ALLOWED", "TOOL_CHANGED"]);
  expect(pids()).toHaveLength(1);
  await end(client);
  await allGone();
});

test("the program gets its own variables, an empty folder, its arguments unread, and nothing of the gateway's", async () => {
  const client = await connect();
  const got = (await tell(client, "environment")) as {
    env: Record<string, string>;
    argv: string[];
    files: string[];
    cwd: string;
  };
  const names = Object.keys(got.env).sort();
  // NODE_COMPILE_CACHE and the like come from Node itself in some versions; nothing else may.
  expect(names).toEqual(["API_TOKEN", "HOME", "LANG", "MARKS", "PATH", "TMPDIR"]);
  expect(got.env.API_TOKEN).toBe(secret);
  expect(got.env.HOME).toBe(got.cwd);
  expect(got.argv).toEqual(["--flag; exit 1"]);
  expect(got.files).toEqual([]);
  await end(client);
  await allGone();
});

describe("what the gateway's configuration does not say exactly is not started", () => {
  test.each<[string, object]>([
    ["another program", { command: "/bin/sh" }],
    [
      "other arguments",
      { args: ["-e", `require("node:fs").writeFileSync(${JSON.stringify(marksFile)}, "started 1")`] },
    ],
    ["one argument more", { args: [...given.args, "--inspect"] }],
    ["arguments cut elsewhere", { args: given.args.join(" ").split(" ") }],
    ["another variable", { env: { ...env, NODE_OPTIONS: "--require /tmp/evil.js" } }],
  ])("%s", async (_, changes) => {
    provision(stdio(changes));
    const { status, body } = await post(gateway, token, initialize);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { id: 0, error: { code: -32004, data: { code: "PROGRAM_NOT_ALLOWED" } } },
    });
    expect(marks()).toEqual([]);
  });

  test("a secret that is not there", async () => {
    delete gateway.world.secrets.SECRET_ISSUES_TOKEN;
    const { body } = await post(gateway, token, initialize);
    expect(body.error?.data.code).toBe("SECRET_UNAVAILABLE");
    expect(marks()).toEqual([]);
  });
});

describe("a session is its agent's alone", () => {
  test("another human, another agent, another server, and one that was made up: the program hears nothing", async () => {
    const session = await openSession();
    const thieves = [
      gateway.connect("bob@example.com", "client-a", "high"),
      gateway.connect(alice, "client-b", "high"),
    ];
    for (const { id } of thieves) {
      expect((await post(gateway, `token-${id}`, { headers: session, body: callOf("hello") })).status).toBe(404);
      for (const method of ["GET", "DELETE"]) {
        const stolen = await fetch(`${gateway.url}/mcp/issues`, {
          method,
          headers: { ...session, authorization: `Bearer token-${id}` },
        });
        expect(stolen.status).toBe(404);
      }
    }
    expect((await post(gateway, token, { headers: session, body: callOf("hello") })).text).toContain("hello");
    expect((await post(gateway, token, { headers: {}, body: callOf("hello") })).status).toBe(400);
    // A policy that says something else of the program makes it another one, which this is no session of.
    provision(stdio({ env: { MARKS: marksFile } }));
    expect((await post(gateway, token, { headers: session, body: callOf("hello") })).status).toBe(404);
    expect(pids().length).toBe(1);
    await allGone();
  });

  test("a forbidden tool never reaches the program", async () => {
    const session = await openSession();
    const body = { ...callOf(""), params: { name: "delete_issue", arguments: {} } };
    expect((await post(gateway, token, { headers: session, body })).body.error?.code).toBe(-32004);
    expect(marks()).not.toContain("deleted");
    expect(gateway.world.audit).toMatchObject([{ tool: "delete_issue", decision: "deny" }]);
  });

  test.each(["\n", "\r", "\u0085", "\u2028", "\u2029", "\v", "\u001e"])(
    "no argument begins a line of its own: %j",
    async (end) => {
      const session = await openSession();
      const smuggled = JSON.stringify({ ...callOf(""), params: { name: "delete_issue", arguments: {} } });
      const answer = await post(gateway, token, { headers: session, body: callOf(`${end}${smuggled}${end}`) });
      expect(answerIn(answer.text)).toMatchObject({
        id: 1,
        result: { content: [{ text: JSON.stringify(`${end}${smuggled}${end}`) }] },
      });
      expect(marks()).not.toContain("deleted");
    },
  );

  test("answers go to the request they belong to, whatever ids clients choose, and forged answers nowhere", async () => {
    const session = await openSession();
    const ids = [1, "1", 2, "\u2028"];
    const answers = await Promise.all(
      ids.map((id) => post(gateway, token, { headers: session, body: callOf(`for ${JSON.stringify(id)}`, id) })),
    );
    for (const [index, { text }] of answers.entries()) {
      const { id, result } = answerIn(text) as { id: unknown; result: { content: { text: string }[] } };
      expect(id).toBe(ids[index]);
      expect(JSON.parse(result.content[0]?.text ?? "")).toBe(`for ${JSON.stringify(id)}`);
    }
    const forged = { jsonrpc: "2.0", id: 1, result: { content: [] } };
    expect((await post(gateway, token, { headers: session, body: forged })).status).toBe(202);
    expect((await post(gateway, token, { headers: session, body: callOf("still here") })).text).toContain("still here");
  });
});

describe("a program that fails", () => {
  test.each<[string, string, RegExp]>([
    ["ends in the middle of a call", "crash", /The program of \\"issues\\" ended \(exit code 3\)/],
    ["writes a line without end", "shout", /sent a message larger than 8 MB/],
  ])("%s: the call says so, the session is over, the next one works", async (_, what, sentence) => {
    const session = await openSession();
    const { text } = await post(gateway, token, { headers: session, body: callOf(what, 7) });
    expect(answerIn(text)).toMatchObject({ id: 7, error: { code: -32603, data: { code: "UPSTREAM_UNAVAILABLE" } } });
    expect(text).toMatch(sentence);
    await allGone();
    expect((await post(gateway, token, { headers: session, body: callOf("hello") })).status).toBe(404);
    const next = await openSession();
    expect((await post(gateway, token, { headers: next, body: callOf("hello") })).text).toContain("hello");
  });

  test("a client that goes away: the program is told, and ended when nobody comes back", async () => {
    const session = await openSession();
    const gone = new AbortController();
    const call = fetch(`${gateway.url}/mcp/issues`, {
      method: "POST",
      headers: {
        ...session,
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "text/event-stream",
      },
      body: JSON.stringify(callOf("wait")),
      signal: gone.signal,
    });
    await call;
    await until(() => marks().includes("waiting"));
    gone.abort();
    await until(() => marks().includes("cancelled"));
    await allGone();
    expect(marks()).toContain("input closed");
  });

  test("past the policy's time the call ends, and the program is told", async () => {
    gateway.provision({ server: { upstream_url: "stdio:issues", transport: stdio(), timeout_seconds: 2 } });
    const session = await openSession();
    const { text } = await post(gateway, token, { headers: session, body: callOf("wait") });
    expect(text).toContain("UPSTREAM_TIMEOUT");
    await until(() => marks().includes("cancelled"));
  });
});

test("a client that reads nothing holds the program up, and not the gateway's memory; once it reads it has all", async () => {
  const session = await openSession();
  const headers = { ...session, authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify(callOf("flood"));
  const answer = await fetch(`${gateway.url}/mcp/issues`, { method: "POST", headers, body });
  const written = () => marks().flatMap((line) => (line.startsWith("flooded ") ? [Number(line.slice(8))] : []));
  // Of 64 MB. What is on the way are the buffers of two connections and a pipe.
  await until(() => written().length > 3 && new Set(written().slice(-3)).size === 1);
  expect(written().at(-1)).toBeLessThan(512);
  const text = await answer.text();
  expect(text.split("notifications/message").length - 1).toBe(1024);
  expect(text).toContain('"id":1');
  await fetch(`${gateway.url}/mcp/issues`, { method: "DELETE", headers });
  await allGone();
});

test("a human has so many sessions: the longest unused one makes room, and while all are in use there is none", async () => {
  await allIdle();
  const [first, second] = [await connect(), await connect()];
  const refused = await post(gateway, token, initialize);
  expect(refused.body).toMatchObject({
    error: { data: { code: "UPSTREAM_UNAVAILABLE", reason: expect.stringMatching(/Too many sessions/) } },
  });
  expect(pids().length).toBe(2);
  await end(first);
  const third = await openSession();
  expect((await post(gateway, token, { headers: third, body: callOf("hello") })).text).toContain("hello");
  await end(second);
  await allGone();
});

/** Programs of tests before are gone. */
async function allIdle(): Promise<void> {
  await vi.waitFor(async () => {
    const session = await openSession();
    await fetch(`${gateway.url}/mcp/issues`, {
      method: "DELETE",
      headers: { ...session, authorization: `Bearer ${token}` },
    });
  });
  await allGone();
  rmSync(marksFile, { force: true });
}

test("at the end of the gateway nothing is left: not what refuses to end, nor what it has started", async () => {
  const session = await openSession();
  for (const what of ["breed", "stay"]) {
    expect((await post(gateway, token, { headers: session, body: callOf(what) })).status).toBe(200);
  }
  expect(pids().filter(runs).length).toBe(2);
  await gateway.close();
  expect(pids().filter(runs)).toEqual([]);
  expect(marks()).toContain("asked to end");
});
