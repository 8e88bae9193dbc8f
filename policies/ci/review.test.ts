import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { policyRepository } from "../cli/testing/policy-repository.ts";
import { policiesProject } from "../cli/testing/run-policy.ts";

let repository: ReturnType<typeof policyRepository>;
beforeEach(() => {
  repository = policyRepository();
});
afterEach(() => {
  repository.remove();
});

/** Runs the script as a forge does, in a clone with real commits. */
function review(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(policiesProject, "ci/review.ts"), "--policies", "policies/hosts", ...args],
    { cwd: repository.root, encoding: "utf8", env: { ...process.env, POLICY_FAIL_ON: "", ...env } },
  );
  return { status, stdout, stderr };
}
function raise() {
  repository.edit("demo/grants.yaml", "contractor@example.com, ceiling: low", "contractor@example.com, ceiling: high");
  return repository.commit("raise");
}

test("writes one comment of what all commands say, and fails where one has findings", () => {
  raise();
  const out = join(repository.root, "review.md");
  const { status, stdout, stderr } = review(["HEAD^1", "--out", out]);
  // The tests of the demo host say that the contractor reads only.
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^check +passed\ntest +has findings\n/);
  expect(stderr).toMatch(/\ndiff +passed\n$/);
  const markdown = readFileSync(out, "utf8");
  expect(markdown).toMatch(
    /^<!-- permit-mcp-gateway policy -->\n### Policy: \+1 person can call 2 destructive tools; \+1 person can call 2 other tools\.\n/,
  );
  expect(markdown).toContain("<details><summary>✅ <code>check</code> passed</summary>");
  expect(markdown).toContain("<details open><summary>❌ <code>test</code> has findings</summary>");
  expect(markdown).toMatch(/✗ The contractor reads/);
});

test("passes where nothing is wrong, and a kind of --fail-on or POLICY_FAIL_ON fails it", () => {
  repository.edit("demo/host.yaml", "name: Demo", "name: Demo\nsessions: { idleDays: 7 }");
  repository.commit("shorter");
  const fine = review(["HEAD~1"], { POLICY_FAIL_ON: "gain,weakened" });
  expect(fine).toMatchObject({ status: 0 });
  expect(fine.stdout).toContain("No one gains or loses anything; what differs is listed below.");
  const failed = review(["HEAD~1", "--fail-on", "any"], { POLICY_FAIL_ON: "gain" });
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stdout).toContain("**Fails on** any: the policies differ.");
});

describe("a change of the invariants", () => {
  const invariant = (humansMax: number) =>
    `invariants:\n  - { name: Few destroy, tools: { trust: [high] }, demand: { humansMax: ${humansMax} } }\n`;
  beforeEach(() => {
    repository.write("policies/invariants.yaml", invariant(1));
    repository.commit("at most one human");
    repository.write("policies/invariants.yaml", invariant(2));
  });
  const step = "prove by the invariants before";

  test("alone passes, and the policies are held to both", () => {
    repository.commit("at most two");
    const { status, stderr } = review(["HEAD~1"]);
    expect(stderr).toContain(`\nprove passed\n${step} passed\n`);
    expect(status).toBe(0);
  });

  test("can't relax one and break it at once", () => {
    repository.edit(
      "demo/grants.yaml",
      "developer@example.com, ceiling: medium",
      "developer@example.com, ceiling: high",
    );
    rmSync(join(repository.hosts, "demo/tests"), { recursive: true });
    repository.commit("two may destroy");
    const { status, stdout, stderr } = review(["HEAD~1"]);
    expect(stderr).toContain(`\nprove passed\n${step} has findings\n`);
    expect(stdout).toContain(`<details open><summary>❌ <code>${step}</code> has findings</summary>`);
    expect(stdout).toContain("HEAD~1:policies/invariants.yaml:2:5");
    expect(status).toBe(1);
  });

  test("can't take the file away and break it at once", () => {
    rmSync(join(repository.root, "policies/invariants.yaml"));
    repository.edit(
      "demo/grants.yaml",
      "developer@example.com, ceiling: medium",
      "developer@example.com, ceiling: high",
    );
    repository.commit("no invariants");
    expect(review(["HEAD~1"]).stderr).toContain(`${step} has findings`);
  });
});

test("policies with errors are a comment too", () => {
  repository.edit("demo/host.yaml", "name: Demo", "nam: Demo");
  const { status, stdout } = review(["main"]);
  expect(status).toBe(1);
  expect(stdout).toContain("### Policy: the files have errors, so they could not be compared");
  expect(stdout).toContain("field-unknown");
});

test("what files say can't become markdown of the comment, and the comment fits", () => {
  const hostile = "x`</code></details>@everyone [a](https://evil.example) #1 <img src=x>";
  const tools = Array.from(
    { length: 2000 },
    (_, index) => `  ${JSON.stringify(`${hostile} ${index} ${"y".repeat(150)}`)}: { trust: high }`,
  );
  repository.edit("demo/servers/issues.yaml", "tools:", `tools:\n${tools.join("\n")}`);
  const { stdout } = review(["main"]);
  expect(stdout.length).toBeLessThanOrEqual(65_536);
  const html = micromark(stdout, { extensions: [gfm()], htmlExtensions: [gfmHtml()] });
  const outside = html.replaceAll(/<code[^>]*>[^<]*<\/code>/g, "");
  for (const part of ["everyone", "evil", "img"]) expect(outside).not.toContain(part);
});

test("used wrongly, it exits with 2 and writes nothing", () => {
  const out = join(repository.root, "review.md");
  for (const args of [
    ["a", "b"],
    ["nosuch", "--out", out],
  ]) {
    const { status, stdout } = review(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  }
  expect(existsSync(out)).toBe(false);
});
