import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { policyProcess } from "./testing/policy-process.ts";
import { policiesProject, runPolicy } from "./testing/run-policy.ts";

let folder: string;
let log: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-replay-"));
  cpSync(join(policiesProject, "hosts"), join(folder, "hosts"), { recursive: true });
  log = join(folder, "audit.jsonl");
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let next = 0;
interface Call {
  readonly human?: string;
  readonly host?: string;
  readonly server?: string | null;
  readonly tool?: string;
  readonly trust?: string;
  readonly consent?: string;
  readonly decision?: "allow" | "deny";
  readonly code?: string;
}
/** The event of a tool call as the gateway writes it; `changes` are members of the event. */
function record(call: Call = {}, changes: object = {}) {
  next += 1;
  const { human = "developer@example.com", host = "demo", server = "issues", tool = "create_issue" } = call;
  const { trust = "medium", consent, decision = "allow", code = "ALLOWED" } = call;
  return {
    category_uid: 6,
    class_uid: 6003,
    activity_id: 99,
    type_uid: 600399,
    time: Date.parse("2026-11-20T10:00:00.000Z"),
    severity_id: 1,
    action_id: decision === "allow" ? 1 : 2,
    status_code: code,
    message: "Permit allows the call.",
    metadata: { version: "1.8.0", uid: `id-${next}`, event_code: "tool_call", tenant_uid: host },
    actor: {
      user: { name: human, email_addr: human },
      app_name: "Client",
      app_uid: "https://client.example.com",
    },
    api: { operation: "tools/call", ...(server === null ? {} : { service: { name: server } }), request: { uid: "r" } },
    resources: [{ name: tool, type: "MCP tool" }],
    unmapped: { grant_id: "g", trust, consent },
    ...changes,
  };
}
const flipped = { human: "contractor@example.com" };
const lines = (...records: readonly unknown[]) =>
  records.map((one) => (typeof one === "string" ? `${one}\n` : `${JSON.stringify(one)}\n`)).join("");
function run(text: string, ...args: readonly string[]) {
  writeFileSync(log, text);
  return runPolicy(["replay", log, "--policies", join(folder, "hosts"), ...args]);
}

test("counts what is unchanged, would flip and can't be told, and lists each kind of call once", async () => {
  const input = lines(
    record(),
    record(flipped),
    record(flipped),
    record({ tool: "delete_issue", trust: "high", decision: "deny", code: "CEILING_TOO_LOW" }),
    record({ tool: "get_issue", trust: "low", decision: "deny", code: "NO_GRANT", consent: "low" }),
    record({ human: "lead@example.com", tool: "delete_issue", trust: "low" }),
  );
  expect(await policyProcess(["replay", "-"], { input })).toEqual({
    status: 0,
    stdout: `6 decisions against policies/hosts, each on its day

  unchanged   2
  would flip  3 (2 to denied, 1 to allowed)
  can't tell  1

Were allowed, would be denied:
  calls  human                   server  tool          was      would be
      2  contractor@example.com  issues  create_issue  ALLOWED  CEILING_TOO_LOW

Were denied, would be allowed:
  calls  human                  server  tool       was       would be
      1  developer@example.com  issues  get_issue  NO_GRANT  ALLOWED

Can't tell:
  calls  human             server  tool          was      would be
      1  lead@example.com  issues  delete_issue  ALLOWED  allowed if the consent is at least high
`,
    stderr: "",
  });
});

test("reads records in the lines of log services, passes over other lines, and counts a repeated record once", async () => {
  const twice = record(flipped);
  const input = lines(
    { level: 30, msg: "listening" },
    { audit: record() },
    { "@timestamp": 1, "@message": JSON.stringify(record()) },
    { log: JSON.stringify({ message: record() }) },
    "",
    twice,
    twice,
    { class_uid: 3002, action_id: 1, metadata: { event_code: "sign_in" }, user: { name: "developer@example.com" } },
    record({}, { metadata: { ...record().metadata, event_code: "call_result" } }),
    { class_uid: 6003, type: "audit", human: "developer@example.com", tool: "create_issue", decision: "allow" },
  ).replaceAll("\n", "\r\n");
  const { status, stdout } = await run(input.trimEnd(), "--json");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    decisions: 4,
    repeated: 1,
    otherLines: 4,
    unchanged: 3,
    denied: 1,
    problemsTotal: 0,
  });
});

test("lines that can't be read are named, the others are decided, and it exits with 1", async () => {
  const input = lines(
    record(),
    "no JSON \u001b[2K",
    record({}, { time: "yesterday" }),
    record({}, { action_id: 3 }),
    record({}, { resources: [] }),
    record({}, { time: 8.64e15 + 1 }),
    "[]",
    record(flipped),
  );
  const { status, stdout, stderr } = await run(input);
  expect(status).toBe(1);
  expect(stdout).toContain("2 decisions");
  expect(stderr).toBe(`line 2: not JSON
line 3: time: Invalid input: expected number, received string
line 4: action_id: neither 1 (allowed) nor 2 (denied)
line 5: resources.0: Invalid input: expected object, received undefined
line 6: time: Too big: expected number to be <=8640000000000000
line 7: not a JSON object
`);
});

test("a call whose name led to none of several servers is denied under every policy", async () => {
  const { status, stdout } = await run(lines(record({ server: null, decision: "deny", code: "TOOL_UNKNOWN" })));
  expect(status).toBe(0);
  expect(stdout).toContain("unchanged   1");
});

test("a log without a decision is no log without a flip", async () => {
  expect(await run(lines({ level: 30 }))).toEqual({ status: 1, stdout: "", stderr: "There is no decision in it.\n" });
  expect((await run("")).status).toBe(1);
});

test("a tool's name can't forge a line or a column of the table", async () => {
  const { stdout } = await run(lines(record({ tool: `x\n      9  lead@example.com\u001b[31m${"y".repeat(500)}` })));
  expect(stdout).not.toContain("\u001b");
  expect(stdout.split("\n").filter((line) => line.includes("x\\u{a}"))).toHaveLength(1);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThan(200);
});

test("--fail-on, --on, --host and --against do as they say", async () => {
  const input = lines(record(flipped), record({ host: "other" }));
  expect((await run(input, "--fail-on", "allowed")).status).toBe(0);
  expect((await run(input, "--fail-on", "allowed,denied")).status).toBe(1);
  const only = await run(input, "--host", "demo", "--json");
  expect(JSON.parse(only.stdout)).toMatchObject({ decisions: 1, denied: 1, unknown: 0 });
  expect((await run(input)).stdout).toContain("the policy does not have the host");
  expect((await run(input, "--on", "2026-12-24")).stdout).toContain("2 decisions against");
  cpSync(join(folder, "hosts"), join(folder, "raised/hosts"), { recursive: true });
  const grants = "grants: [{ server: issues, human: contractor@example.com, ceiling: high }]\n";
  writeFileSync(join(folder, "raised/hosts/demo/grants.yaml"), grants);
  const raised = await run(lines(record(flipped)), "--against", join(folder, "raised/hosts"), "--fail-on", "denied");
  expect(raised).toMatchObject({ status: 0 });
  expect(raised.stdout).toContain("unchanged   1");
});

test("policies with errors decide nothing", async () => {
  cpSync(join(folder, "hosts"), join(folder, "broken"), { recursive: true });
  writeFileSync(join(folder, "broken/demo/grants.yaml"), "grants: {}\n");
  const { status, stdout, stderr } = await run(lines(record()), "--against", join(folder, "broken"));
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain("field-invalid");
});

describe("a log of any length", () => {
  test("is read as it comes, and a line without an end is no reason to hold it", async () => {
    const child = spawn(process.execPath, [
      "--max-old-space-size=64",
      join(policiesProject, "cli/main.ts"),
      "replay",
      "-",
      "--json",
    ]);
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    const long = Buffer.alloc(1024 * 1024, "x");
    const some = Buffer.from(lines(...Array.from({ length: 200 }, (_, index) => record({ tool: `t${index}` }))));
    for (let index = 0; index < 100; index++) if (!child.stdin.write(long)) await once(child.stdin, "drain");
    child.stdin.write("\n");
    for (let index = 0; index < 100; index++) {
      const text = some.toString().replaceAll('"id-', `"id-${index}-`);
      if (!child.stdin.write(text)) await once(child.stdin, "drain");
    }
    child.stdin.end();
    const [status] = (await once(child, "close")) as [number];
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      decisions: 20_000,
      denied: 20_000,
      problems: [{ line: 1, problem: "longer than 1048576 characters" }],
    });
  });
});

test.each([
  ["no file", [], "Say which <audit.jsonl>."],
  ["a file that is not there", ["nosuch.jsonl"], 'There is no file "nosuch.jsonl".'],
  ["a folder", ["."], 'There is no file ".".'],
  ["an unknown result", ["-", "--fail-on", "flip"], "--fail-on is denied, allowed or denied,allowed"],
  ["a host that is not there", ["-", "--host", "dem"], 'There is no host "dem"'],
])("used wrongly, it exits with 2: %s", async (_, args, message) => {
  const { status, stdout, stderr } = await runPolicy(["replay", ...args]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(message);
});
