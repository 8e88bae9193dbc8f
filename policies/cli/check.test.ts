import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { copiedHosts } from "./testing/copied-hosts.ts";
import { policiesProject, runPolicy } from "./testing/run-policy.ts";

const copy = copiedHosts();
beforeEach(() => {
  // They are about the demo's own humans and tools, which the tests below replace.
  rmSync(join(copy.hosts, "demo/tests"), { recursive: true });
});

describe("check", () => {
  const demo = "demo: 2 servers, 25 tools, 4 humans, 5 ceilings, no findings\n";

  test("passes the project's own hosts, from any folder", async () => {
    expect(await runPolicy(["check"])).toEqual({ status: 0, stdout: demo, stderr: "" });
    expect(await runPolicy(["check"], { cwd: copy.folder })).toEqual({ status: 0, stdout: demo, stderr: "" });
    expect(await runPolicy(["check"], { cwd: policiesProject })).toEqual({ status: 0, stdout: demo, stderr: "" });
  });

  test("prints every finding of every host and exits with 1", async () => {
    mkdirSync(join(copy.hosts, "broken"));
    writeFileSync(join(copy.hosts, "broken/grants.yaml"), "grants: [{ server: x, human: y, ceiling: low }]\n");
    const file = join(copy.hosts, "broken");
    expect(await runPolicy(["check", "--policies", copy.hosts])).toEqual({
      status: 1,
      stdout: `${file}/grants.yaml:1:20 server-known: The host has no server "x". (the servers are none)
${file}/grants.yaml:1:30 email-form: "y" is not an e-mail address in ASCII. (write it as name@example.com)
${file}/host.yaml:1:1 file-missing: The host has no such file. (copy that of hosts/demo)
broken: 3 errors
${demo}`,
      stderr: "",
    });
    expect(await runPolicy(["check", "--policies", copy.hosts, "--host", "demo"])).toEqual({
      status: 0,
      stdout: demo,
      stderr: "",
    });
  });

  test("names files as they were asked for, so that an editor can open them", async () => {
    writeFileSync(join(copy.hosts, "demo/host.yaml"), "nam: Demo\n");
    const { stdout } = await runPolicy(["check", "--policies", "."], { cwd: copy.hosts });
    expect(stdout).toContain(`demo/host.yaml:1:1 field-unknown: There is no field "nam" here.`);
  });

  test("prints one JSON object with --json", async () => {
    const fine = await runPolicy(["check", "--policies", copy.hosts, "--json"]);
    expect(fine.status).toBe(0);
    expect(JSON.parse(fine.stdout)).toEqual({
      ok: true,
      hosts: [{ key: "demo", ok: true, servers: 2, tools: 25, humans: 4, ceilings: 5, diagnostics: [] }],
    });
    writeFileSync(join(copy.hosts, "demo/host.yaml"), "name: Demo\n");
    const broken = await runPolicy(["check", "--policies", copy.hosts, "--json"]);
    expect(broken.status).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({
      ok: false,
      hosts: [{ key: "demo", ok: false, diagnostics: [{ code: "field-missing", line: 1 }, { code: "field-missing" }] }],
    });
  });
});

describe("formats", () => {
  const broken = "grants: [{ server: 'x,y', human: \"100%::error::\\n@example.com\", ceiling: low }]\n";

  test("github: annotations that a value can't end or forge", async () => {
    writeFileSync(join(copy.hosts, "demo/grants.yaml"), broken);
    const { status, stdout } = await runPolicy(["check", "--policies", copy.hosts, "--format", "github"], {
      cwd: copy.hosts,
    });
    expect(status).toBe(1);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.filter((line) => line.startsWith("::"))).toEqual([
      expect.stringMatching(
        /^::error file=.*demo\/grants\.yaml,line=1,col=20,title=server-known::The host has no server "x,y"\. /,
      ),
      expect.stringMatching(
        /^::error file=.*,line=1,col=34,title=email-form::"100%25::error::\\n@example\.com" is not/,
      ),
      expect.stringMatching(/^::warning file=.*demo\/servers\/everything\.yaml,line=1,col=1,title=server-reached::/),
      expect.stringMatching(/^::warning file=.*demo\/servers\/issues\.yaml,line=1,col=1,title=server-reached::/),
    ]);
    expect(lines.at(-1)).toBe("demo: 2 errors, 2 warnings");
  });

  test("sarif: a log with every rule and the place of each finding, relative to where it was run", async () => {
    writeFileSync(join(copy.hosts, "demo/grants.yaml"), broken);
    const { status, stdout } = await runPolicy(["check", "--policies", ".", "--format", "sarif"], { cwd: copy.hosts });
    expect(status).toBe(1);
    const { version, runs } = JSON.parse(stdout);
    const [{ tool, results }] = runs;
    expect(version).toBe("2.1.0");
    expect(results[0]).toEqual({
      ruleId: "server-known",
      ruleIndex: tool.driver.rules.findIndex(({ id }: { id: string }) => id === "server-known"),
      level: "error",
      message: { text: 'The host has no server "x,y". (the servers are "everything", "issues")' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "demo/grants.yaml", uriBaseId: "%SRCROOT%" },
            region: { startLine: 1, startColumn: 20 },
          },
        },
      ],
    });
    expect(results.map(({ level }: { level: string }) => level)).toEqual(["error", "error", "warning", "warning"]);
  });

  test("sarif of a host without findings has no results and still all rules", async () => {
    const { status, stdout } = await runPolicy(["check", "--policies", copy.hosts, "--format", "sarif"]);
    const [{ tool, results }] = JSON.parse(stdout).runs;
    expect({ status, results }).toEqual({ status: 0, results: [] });
    expect(tool.driver.rules.length).toBeGreaterThan(30);
  });
});

describe("warnings", () => {
  beforeEach(() => {
    writeFileSync(join(copy.hosts, "demo/grants.yaml"), "groups: { staff: [dev@example.com] }\n");
  });

  test("are findings, and leave the host as it is", async () => {
    const { status, stdout } = await runPolicy(["check", "--policies", copy.hosts]);
    expect(status).toBe(1);
    expect(stdout).toContain('demo/grants.yaml:1:11 group-used: Nothing names the group "staff".');
    expect(stdout).toContain("demo: 2 servers, 25 tools, 2 humans, 0 ceilings, 3 warnings\n");
    expect(JSON.parse((await runPolicy(["check", "--policies", copy.hosts, "--json"])).stdout)).toMatchObject({
      ok: true,
      hosts: [{ key: "demo", ok: true, servers: 2, diagnostics: [{ severity: "warning" }, {}, {}] }],
    });
  });

  test("may be allowed; errors may not", async () => {
    expect((await runPolicy(["check", "--policies", copy.hosts, "--allow-warnings"])).status).toBe(0);
    writeFileSync(join(copy.hosts, "demo/host.yaml"), "name: Demo\n");
    expect((await runPolicy(["check", "--policies", copy.hosts, "--allow-warnings"])).status).toBe(1);
  });
});

test("two hosts that are one Permit environment are refused, where the second says it", async () => {
  cpSync(join(copy.hosts, "demo"), join(copy.hosts, "twin"), { recursive: true });
  const { status, stdout } = await runPolicy(["check", "--policies", copy.hosts, "--allow-warnings"]);
  expect(status).toBe(1);
  expect(stdout).toContain("twin/host.yaml:9:16 environment-unique: ");
  expect(stdout).toContain('The Permit environment "default/demo" is the host "demo" already.');
  // The one that was there first is not to blame.
  expect(stdout).toContain("demo: 2 servers, 25 tools, 4 humans, 5 ceilings, no findings");
});
