import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { copiedHosts } from "./testing/copied-hosts.ts";
import { policyProcess } from "./testing/policy-process.ts";
import { runPolicy } from "./testing/run-policy.ts";

const copy = copiedHosts();

describe("used wrongly, it exits with 2, checks nothing and says how to use it:", () => {
  test.each([
    ["no command", [], "Name a command."],
    ["unknown command", ["chekc"], 'There is no command "chekc".'],
    ["unknown option", ["check", "--polices", "x"], "Unknown option '--polices'"],
    ["option without its value", ["check", "--host"], "argument missing"],
    ["stray word", ["check", "demo"], 'Unexpected argument "demo"'],
    ["host that is not there", ["check", "--host", "dem"], 'There is no host "dem" (did you mean "demo"?).'],
    ["host outside of the folder", ["check", "--host", "../hosts/demo"], "There is no host"],
    ["format that there is not", ["check", "--format", "xml"], 'There is no format "xml"'],
    ["two formats", ["check", "--format", "sarif", "--json"], "not both"],
    ["folder that is not there", ["check", "--policies", "infar"], 'There is no folder "infar".'],
  ])("%s", async (_, args, message) => {
    const { status, stdout, stderr } = await runPolicy(args);
    expect(stderr).toContain(message);
    expect(stderr).toContain("Usage: npm run policy");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("a folder of no hosts, which must not pass for one without findings", async () => {
    rmSync(join(copy.hosts, "demo"), { recursive: true });
    const { status, stdout, stderr } = await runPolicy(["check", "--policies", copy.hosts]);
    expect(stderr).toContain("has no host in it");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

test("the process passes on arguments, what is printed where, and the exit code", async () => {
  expect(await policyProcess(["check"])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^demo: /),
    stderr: "",
  });
  const wrong = await policyProcess(["chekc"]);
  expect(wrong).toMatchObject({ status: 2, stdout: "" });
  expect(wrong.stderr).toMatch(/^There is no command "chekc"\.\n\nUsage: npm run policy/);
});

test("--help tells of every command and every option, and does nothing else", async () => {
  const program = await runPolicy(["--help"]);
  expect(program).toMatchObject({ status: 0, stderr: "" });
  expect(program.stdout).toContain("check");
  const check = await runPolicy(["check", "--policies", "nowhere", "--help"]);
  expect(check).toMatchObject({ status: 0, stderr: "" });
  for (const option of ["--policies <dir>", "--host <key>", "--json", "--help"]) expect(check.stdout).toContain(option);
});
