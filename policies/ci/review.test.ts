import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { afterEach, beforeEach, expect, test } from "vitest";
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
