import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { policiesProject } from "./run-policy.ts";

/** A git repository in a temporary folder, with the demo host below `policies/hosts` as its first commit. */
export function policyRepository() {
  const root = mkdtempSync(join(tmpdir(), "policy-repository-"));
  const git = (...args: readonly string[]) => {
    const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
    const { status, stdout, stderr } = spawnSync("git", [...identity, ...args], { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  git("init", "-q", "-b", "main");
  const hosts = join(root, "policies/hosts");
  cpSync(join(policiesProject, "hosts/demo"), join(hosts, "demo"), { recursive: true });
  const commit = (message: string) => {
    git("add", "--all");
    git("commit", "-q", "-m", message);
    return git("rev-parse", "HEAD");
  };
  commit("first");
  return {
    root,
    hosts,
    git,
    /** Replaces a text of a file that must be there, below `policies/hosts`. */
    edit: (file: string, from: string, to: string) => {
      const before = readFileSync(join(hosts, file), "utf8");
      if (!before.includes(from)) throw new Error(`${file} does not have ${from}`);
      writeFileSync(join(hosts, file), before.replace(from, to));
    },
    /** Writes a file, its folder too, below the root. */
    write: (file: string, text: string) => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    },
    /** Commits everything there is. */
    commit,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
