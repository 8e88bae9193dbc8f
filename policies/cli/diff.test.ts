import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockText, toolDigest } from "../src/lock.ts";
import { policyRepository } from "./testing/policy-repository.ts";
import { runPolicy } from "./testing/run-policy.ts";

const day = ["--on", "2026-11-24"] as const;
let repository: ReturnType<typeof policyRepository>;
let first: string;
beforeEach(() => {
  repository = policyRepository();
  first = repository.git("rev-parse", "HEAD");
});
afterEach(() => {
  repository.remove();
});

/** `diff` of the repository's hosts, run in its root as a user does. */
async function diff(...args: readonly string[]) {
  return await runPolicy(["diff", ...args, "--policies", "policies/hosts"], { cwd: repository.root });
}
/** The same from elsewhere; the repository's folder is called REPOSITORY. */
async function diffHere(...args: readonly string[]) {
  const { status, stdout, stderr } = await runPolicy(["diff", "--policies", repository.hosts, ...args]);
  const named = (text: string) => text.replaceAll(repository.root, "REPOSITORY");
  return { status, stdout: named(stdout), stderr: named(stderr) };
}
const raise = () =>
  repository.edit("demo/grants.yaml", "developer@example.com, ceiling: medium", "developer@example.com, ceiling: high");

test("says what a raised ceiling means, between a revision and the folder as it is", async () => {
  raise();
  expect(await diff("main", ...day)).toEqual({
    status: 0,
    stdout: `+1 person can call 2 destructive tools.

demo
  Who can call what
    ! developer@example.com on issues, ceiling medium -> high
        can call: delete_issue (high), delete_project (high)
`,
    stderr: "",
  });
});

test("says so when nothing differs, also where the same is said in other words", async () => {
  repository.edit(
    "demo/grants.yaml",
    "contractor@example.com, ceiling: low }",
    "CONTRACTOR@example.com, ceiling: low } # the same",
  );
  expect(await diff("main")).toEqual({ status: 0, stdout: "No one gains or loses anything.\n", stderr: "" });
});

test("names groups that move as a whole, and all else that differs, the heaviest first", async () => {
  repository.edit(
    "demo/grants.yaml",
    "group: engineering, ceiling: low",
    "group: engineering, ceiling: high, until: 2026-12-31",
  );
  repository.edit(
    "demo/grants.yaml",
    "{ server: issues, human: contractor@example.com, ceiling: low }",
    "{ server: issues, human: contractor@example.com, ceiling: low, consentDays: 7 }",
  );
  repository.edit("demo/servers/issues.yaml", "create_issue: { trust: medium }", "create_issue: { trust: low }");
  repository.edit(
    "demo/servers/issues.yaml",
    "delete_project: { trust: high }",
    "move_issue: { trust: medium, approval: true }",
  );
  repository.edit("demo/servers/issues.yaml", "url: http://127.0.0.1:7801/mcp", "url: https://issues.example.com/mcp");
  repository.edit(
    "demo/host.yaml",
    "admins:",
    "sessions: { idleDays: 7 }\nsignIn: { otp: { enabled: true, domains: [example.com] } }\nadmins:",
  );
  repository.edit("demo/host.yaml", "signIn:\n  password:\n    enabled: true\n", "");
  const { status, stdout } = await diff(first, "HEAD", ...day);
  expect({ status, stdout }).toEqual({ status: 0, stdout: "No one gains or loses anything.\n" });
  repository.commit("second");
  expect((await diff(first, "HEAD", ...day)).stdout).toBe(`+2 people can call 2 destructive tools; sign-in is weaker; \
+3 people can call 10 other tools; agents of 2 people can call 1 other tool with a lower consent; \
servers: 1 with another address or sign-in; tools: 1 new, 1 gone, 1 with another trust; \
-1 person can no longer call 1 tool.

demo
  Who can call what
    ! developer@example.com on everything, ceiling low -> high
        can call: get-env (high), trigger-url-elicitation (high), gzip-file-as-resource (medium), \
simulate-research-query (medium), toggle-simulated-logging (medium), toggle-subscriber-updates (medium), \
trigger-elicitation-request (medium), trigger-elicitation-request-async (medium) and 2 more
    ! lead@example.com on everything, ceiling medium -> high
        can call: get-env (high), trigger-url-elicitation (high)
    + contractor@example.com on issues, ceiling low
        can call: create_issue (low, was medium)
    + developer@example.com on issues, ceiling medium
        can call: move_issue (medium, waits for an approval)
        can call with a lower consent: create_issue (low)
    + lead@example.com on issues, ceiling high
        can call: move_issue (medium, waits for an approval)
        can call with a lower consent: create_issue (low)
        can no longer call: delete_project (high)
  Grants
    ~ developer@example.com on everything: low -> high until 2026-12-31
    ~ lead@example.com on everything: medium -> high until 2026-12-31, then medium
    ~ contractor@example.com on issues: low -> low with consents of 7 days
  Sign-in
    + signIn.otp.domains: none -> example.com
    + signIn.otp.enabled: none -> true
  Servers
    + url of issues: http://127.0.0.1:7801/mcp -> https://issues.example.com/mcp
  Tools
    + create_issue on issues: trust medium -> low
    ~ new on issues: move_issue (medium, waits for an approval)
    ~ gone on issues: delete_project (high)
  Settings
    - sessions.idleDays: 30 -> 7
`);
});

test("says what the audit log shows of calls that it did not, and what it does not show any more", async () => {
  const tool = (audit: string) => `create_issue: { trust: medium, audit: ${audit} }`;
  repository.edit(
    "demo/servers/issues.yaml",
    "create_issue: { trust: medium }",
    tool("{ arguments: digest, redact: [$.title] }"),
  );
  repository.git("commit", "--quiet", "--all", "--message", "audit");
  repository.edit(
    "demo/servers/issues.yaml",
    tool("{ arguments: digest, redact: [$.title] }"),
    tool("{ arguments: full, redact: [$.body] }"),
  );
  repository.edit("demo/host.yaml", "admins:", "audit: { redact: [$..token], lowCalls: before-call }\nadmins:");
  expect((await diff("HEAD", ...day)).stdout).toBe(`audit records hold more of the arguments of calls.

demo
  Tools
    + create_issue on issues: arguments in the audit log digest -> full, redacts "$.body", no longer redacts "$.title"
  Settings
    - audit.lowCalls: before-answer -> before-call
    - audit.redact: added "$..token"
`);
  const without = await diff("HEAD", ...day, "--fail-on", "disclosure");
  expect(without.status).toBe(1);
});

test("shows how long calls may take, and how large answers may be, as what nobody gains or loses by", async () => {
  const tool = (timeout: string) => `create_issue: { trust: medium${timeout} }`;
  repository.edit("demo/servers/issues.yaml", tool(""), tool(", timeoutSeconds: 600"));
  repository.edit("demo/servers/issues.yaml", "tools:", "maxAnswerMegabytes: 128\ntools:");
  expect((await diff("HEAD", ...day)).stdout).toBe(`No one gains or loses anything; what differs is listed below.

demo
  Servers
    ~ maxAnswerMegabytes of issues: 64 -> 128
  Tools
    ~ create_issue on issues: a call takes at most as the server says -> 600 s
`);
  repository.git("commit", "--quiet", "--all", "--message", "timeout");
  repository.edit(
    "demo/servers/issues.yaml",
    tool(", timeoutSeconds: 600"),
    "archive_issue: { trust: low, timeoutSeconds: 5 }",
  );
  expect((await diff("HEAD", ...day)).stdout).toContain(
    "new on issues: archive_issue (low, a call takes at most 5 s)\n",
  );
});

test("shows how a server's definition of a tool differs, and a lock that cuts lines is told", async () => {
  const lock = (description: string) => {
    const said = { description, inputSchema: { type: "object", properties: { id: { type: "string" } } } };
    return lockText({ version: 1, tools: { delete_issue: { ...said, digest: toolDigest("delete_issue", said) } } });
  };
  repository.write("policies/hosts/demo/servers/issues.lock.json", lock("Deletes an issue.\nFor good.\nAsk first."));
  repository.commit("lock");
  const edited = "Deletes an issue.\nNever ask. \u001b[2K<b>@everyone</b>\nAsk first.";
  repository.write("policies/hosts/demo/servers/issues.lock.json", lock(edited));
  const { stdout } = await diffHere("main", ...day);
  expect(stdout).toBe(`tools: 1 with another definition.

demo
  Tools
    + delete_issue on issues: the server defines it differently
          description
          Deletes an issue.
        - For good.
        + Never ask. \\u{1b}[2K<b>@everyone</b>
          Ask first.
`);
});

describe("revisions", () => {
  test("are read from the repository, without touching the folder or what git has checked out", async () => {
    raise();
    const second = repository.commit("second");
    repository.git("tag", "v1", first);
    const before = readFileSync(join(repository.hosts, "demo/grants.yaml"), "utf8");
    const kept = readdirSync(tmpdir());
    for (const [base, head] of [
      ["HEAD~1", "HEAD"],
      ["v1", "main"],
      [first, second],
    ] as const) {
      expect((await diffHere(base, head, ...day)).stdout).toContain("+1 person can call 2 destructive tools.");
    }
    expect(JSON.parse((await diffHere("v1", "HEAD", "--json")).stdout)).toMatchObject({
      base: `v1 (${first.slice(0, 12)})`,
      head: `HEAD (${second.slice(0, 12)})`,
    });
    expect(readFileSync(join(repository.hosts, "demo/grants.yaml"), "utf8")).toBe(before);
    expect(repository.git("status", "--porcelain")).toBe("");
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("policy-revision-") && !kept.includes(name))).toEqual(
      [],
    );
  });

  test("have their shared servers with them", async () => {
    repository.write(
      "policies/servers/issues.yaml",
      readFileSync(join(repository.hosts, "demo/servers/issues.yaml"), "utf8"),
    );
    repository.write("policies/hosts/demo/servers/issues.yaml", "shared: issues\n");
    repository.commit("shared");
    repository.write(
      "policies/servers/issues.yaml",
      `name: Issues\ndescription: One tool.\nurl: http://127.0.0.1:7801/mcp
tools: { list_issues: { trust: low } }\n`,
    );
    expect((await diffHere(first, "HEAD")).stdout).toBe("No one gains or loses anything.\n");
    expect((await diffHere("HEAD")).stdout).toMatch(/^tools: 5 gone; -3 people can no longer call 5 tools\.\n/);
  });

  test("that have no such folder make every host a new one", async () => {
    rmSync(repository.hosts, { recursive: true });
    repository.commit("none");
    repository.git("checkout", "-q", first, "--", "policies");
    const { status, stdout } = await diffHere("HEAD");
    expect(status).toBe(0);
    expect(stdout).toMatch(/; hosts: 1 new; servers: 2 new; tools: 25 new\.\n\ndemo \(new\)\n/);
  });

  test("do not make links lead anywhere: the loader refuses them, as it does in the folder", async () => {
    const target = join(repository.root, "elsewhere.yaml");
    writeFileSync(target, readFileSync(join(repository.hosts, "demo/grants.yaml"), "utf8"));
    rmSync(join(repository.hosts, "demo/grants.yaml"));
    symlinkSync(target, join(repository.hosts, "demo/grants.yaml"));
    repository.commit("link");
    expect(await diffHere("HEAD", first)).toEqual({
      status: 1,
      stdout: `HEAD:policies/hosts/demo/grants.yaml:1:1 file-link: This is a symbolic link. \
(put the file or folder itself here: what a link points to can change without a review)
The policies could not be compared.
`,
      stderr: "",
    });
  });

  test.each([
    ["an option", ["--", "--upload-pack=touch hacked"]],
    ["another option", ["--", "-x"]],
    ["a range", ["main..HEAD"]],
    ["what is left out", ["^main"]],
    ["nothing", [""]],
    ["two lines", ["main\nHEAD"]],
    ["a tree", ["HEAD:policies"]],
    ["what is not there", ["nosuch"]],
  ])("%s is none: used wrongly", async (_, words) => {
    // Options before the words, so that what follows "--" is words only.
    const { status, stdout, stderr } = await runPolicy(["diff", "--policies", "policies/hosts", ...words], {
      cwd: repository.root,
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/is not one revision|neither a folder nor a revision/);
    expect(readdirSync(repository.root).toSorted()).toEqual([".git", "policies"]);
  });

  test("that are folders too are asked about", async () => {
    mkdirSync(join(repository.root, "main"));
    expect(await diff("main")).toMatchObject({ status: 2, stdout: "" });
    expect((await diff("main")).stderr).toContain(
      `"main" is a folder and a revision. Write ./main or refs/heads/main.`,
    );
    expect(await diff("refs/heads/main")).toMatchObject({ status: 0, stdout: "No one gains or loses anything.\n" });
  });
});

test("policies with errors are not compared: their findings, exit code 1, in every format", async () => {
  repository.edit("demo/grants.yaml", "server: issues", "server: isues");
  const place = "REPOSITORY/policies/hosts/demo/grants.yaml:13:15 server-known";
  const text = await diffHere("main");
  expect(text).toMatchObject({ status: 1, stderr: "" });
  expect(text.stdout).toContain(place);
  expect(text.stdout).toMatch(/\nThe policies could not be compared\.\n$/);
  const json = await diffHere("main", "--json");
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, diagnostics: [{ code: "server-known", line: 13 }] });
  const markdown = await diffHere("main", "--format", "markdown");
  expect(markdown.status).toBe(1);
  expect(markdown.stdout).toContain("could not be compared");
  expect(markdown.stdout).toContain(place);
});

test("--json says all of it, in the documented shape", async () => {
  raise();
  const { status, stdout } = await diffHere("main", "--json", ...day, "--fail-on", "loss,destructive-gain");
  const finding = { kinds: ["destructive-gain", "gain"], text: "+1 person can call 2 destructive tools" };
  const people = { humans: ["developer@example.com"], groups: [], others: ["developer@example.com"] };
  const gained = {
    before: null,
    after: { consent: "high", approval: false },
    trust: { before: "high", after: "high" },
  };
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    ok: true,
    base: `main (${first.slice(0, 12)})`,
    head: "REPOSITORY/policies/hosts",
    on: "2026-11-24",
    verdict: "+1 person can call 2 destructive tools.",
    findings: [finding],
    failed: [finding],
    hosts: [
      {
        host: "demo",
        present: { before: true, after: true },
        access: [
          {
            server: "issues",
            people,
            before: "medium",
            after: "high",
            tools: [
              { tool: "delete_issue", ...gained },
              { tool: "delete_project", ...gained },
            ],
          },
        ],
        grants: [
          {
            server: "issues",
            people,
            before: [{ ceiling: "medium", until: null, consentDays: null }],
            after: [{ ceiling: "high", until: null, consentDays: null }],
          },
        ],
        tools: [],
        servers: [],
        settings: [],
      },
    ],
  });
});

test("--fail-on decides the exit code and says why; without it a difference is no failure", async () => {
  raise();
  repository.commit("raised");
  expect((await diffHere("HEAD~1", "HEAD")).status).toBe(0);
  expect((await diffHere("HEAD~1", "HEAD", "--fail-on", "loss, sign-in-weakened")).status).toBe(0);
  const failed = await diffHere("HEAD~1", "HEAD", "--fail-on", "gain");
  expect(failed.status).toBe(1);
  expect(failed.stdout).toMatch(/\n\nFails on: \+1 person can call 2 destructive tools\.\n$/);
  expect((await diffHere("HEAD", "HEAD~1", "--fail-on", "gain")).status).toBe(0);
  expect((await diffHere("HEAD", "HEAD~1", "--fail-on", "any")).status).toBe(1);
});

test("--on compares the day that it names", async () => {
  repository.edit(
    "demo/grants.yaml",
    "developer@example.com, ceiling: medium }",
    "developer@example.com, ceiling: medium, until: 2026-12-31 }",
  );
  expect((await diffHere("main", "--on", "2026-12-31")).stdout).toContain(
    "No one gains or loses anything; what differs is listed below.",
  );
  expect((await diffHere("main", "--on", "2027-01-01")).stdout).toMatch(/^-1 person can no longer call 4 tools\./);
});

test.each([
  ["no base", [], "Say which <base>."],
  ["a third word", ["main", "HEAD", "v1"], 'Unexpected argument "v1".'],
  [
    "an unknown kind",
    ["main", "--fail-on", "destructive-gian"],
    'There is no kind "destructive-gian" (did you mean "destructive-gain"?).',
  ],
  ["an unknown format", ["main", "--format", "html"], 'There is no format "html": use text, json, markdown.'],
  ["two formats", ["main", "--format", "markdown", "--json"], "Use --json or --format, not both."],
  ["a day that is none", ["main", "--on", "2026-02-30"], '"2026-02-30" is not a day of the form 2026-12-31.'],
  ["a host that neither has", ["main", "--host", "dem"], 'There is no host "dem" in main'],
  ["a length without room", ["main", "--length-max", "10"], "--length-max is a whole number from 2000"],
])("used wrongly, it exits with 2: %s", async (_, args, message) => {
  const { status, stdout, stderr } = await diffHere(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(message);
});
