import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

const project = join(import.meta.dirname, "..");
let folder: string;
let policies: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-cli-"));
});
beforeEach(() => {
  policies = mkdtempSync(join(folder, "policies-"));
  cpSync(join(project, "hosts"), policies, { recursive: true });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the program as `npm run policy` does. */
function run(args: readonly string[], cwd = join(project, "..")) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(project, "cli/main.ts"), ...args], {
    cwd,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("check", () => {
  const demo = "demo: 2 servers, 25 tools, 4 humans, 5 ceilings, no findings\n";

  test("passes the project's own hosts, from any folder", () => {
    expect(run(["check"])).toEqual({ status: 0, stdout: demo, stderr: "" });
    expect(run(["check"], folder)).toEqual({ status: 0, stdout: demo, stderr: "" });
    expect(run(["check"], project)).toEqual({ status: 0, stdout: demo, stderr: "" });
  });

  test("prints every finding of every host and exits with 1", () => {
    mkdirSync(join(policies, "broken"));
    writeFileSync(join(policies, "broken/grants.yaml"), "grants: [{ server: x, human: y, ceiling: low }]\n");
    const file = join(policies, "broken");
    expect(run(["check", "--policies", policies])).toEqual({
      status: 1,
      stdout: `${file}/grants.yaml:1:20 server-known: The host has no server "x". (the servers are none)
${file}/grants.yaml:1:30 email-form: "y" is not an e-mail address in ASCII. (write it as name@example.com)
${file}/host.yaml:1:1 file-missing: The host has no such file. (copy that of hosts/demo)
broken: 3 findings
${demo}`,
      stderr: "",
    });
    expect(run(["check", "--policies", policies, "--host", "demo"])).toEqual({ status: 0, stdout: demo, stderr: "" });
  });

  test("names files as they were asked for, so that an editor can open them", () => {
    writeFileSync(join(policies, "demo/host.yaml"), "nam: Demo\n");
    const { stdout } = run(["check", "--policies", "."], policies);
    expect(stdout).toContain(`demo/host.yaml:1:1 field-unknown: There is no field "nam" here.`);
  });

  test("prints one JSON object with --json", () => {
    const fine = run(["check", "--policies", policies, "--json"]);
    expect(fine.status).toBe(0);
    expect(JSON.parse(fine.stdout)).toEqual({
      ok: true,
      hosts: [{ key: "demo", ok: true, servers: 2, tools: 25, humans: 4, ceilings: 5, diagnostics: [] }],
    });
    writeFileSync(join(policies, "demo/host.yaml"), "name: Demo\n");
    const broken = run(["check", "--policies", policies, "--json"]);
    expect(broken.status).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({
      ok: false,
      hosts: [{ key: "demo", ok: false, diagnostics: [{ code: "field-missing", line: 1 }, { code: "field-missing" }] }],
    });
  });
});

describe("used wrongly, it exits with 2, checks nothing and says how to use it:", () => {
  test.each([
    ["no command", [], "Name a command."],
    ["unknown command", ["chekc"], 'There is no command "chekc".'],
    ["unknown option", ["check", "--polices", "x"], "Unknown option '--polices'"],
    ["option without its value", ["check", "--host"], "argument missing"],
    ["stray word", ["check", "demo"], 'Unexpected argument "demo"'],
    ["host that is not there", ["check", "--host", "dem"], 'There is no host "dem" (did you mean "demo"?).'],
    ["host outside of the folder", ["check", "--host", "../hosts/demo"], "There is no host"],
    ["folder that is not there", ["check", "--policies", "infar"], 'There is no folder "infar".'],
  ])("%s", (_, args, message) => {
    const { status, stdout, stderr } = run(args);
    expect(stderr).toContain(message);
    expect(stderr).toContain("Usage: npm run policy");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("a folder of no hosts, which must not pass for one without findings", () => {
    rmSync(join(policies, "demo"), { recursive: true });
    const { status, stdout, stderr } = run(["check", "--policies", policies]);
    expect(stderr).toContain("has no host in it");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

test("--help tells of every command and every option, and does nothing else", () => {
  const program = run(["--help"]);
  expect(program).toMatchObject({ status: 0, stderr: "" });
  expect(program.stdout).toContain("check");
  const check = run(["check", "--policies", "nowhere", "--help"]);
  expect(check).toMatchObject({ status: 0, stderr: "" });
  for (const option of ["--policies <dir>", "--host <key>", "--json", "--help"]) expect(check.stdout).toContain(option);
});
