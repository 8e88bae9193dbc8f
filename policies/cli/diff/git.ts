import { spawnSync } from "node:child_process";
import { UsageError } from "../command.ts";

/** Most that git may answer, in bytes. */
const answerBytesMax = 1024 * 1024 * 1024;

/**
 * Asks git something about the repository that `folder` is in; undefined when git says no. Only commands that read
 * objects are asked: they run no hook, filter or diff driver of the repository. Throws UsageError without git.
 */
export function git(folder: string, args: readonly string[], input = ""): Buffer | undefined {
  const { error, status, stdout } = spawnSync("git", ["-C", folder, ...args], {
    input,
    maxBuffer: answerBytesMax,
    // Replacements are local: with them a commit would not be what its id says.
    env: { ...process.env, GIT_NO_REPLACE_OBJECTS: "1", GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0" },
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") throw new UsageError("There is no git here.");
  if (error !== undefined) throw error;
  return status === 0 ? stdout : undefined;
}

/**
 * The commit that one revision names; undefined when it names none. Throws UsageError for what can't be the name of one
 * commit: an option, a range, something that leaves out others.
 */
export function commitOf(folder: string, revision: string): string | undefined {
  if (/^[-^]|\.\.|^$|[\0\n]/.test(revision)) {
    throw new UsageError(`${JSON.stringify(revision)} is not one revision. Name two as two words: diff main HEAD`);
  }
  const said = git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`]);
  const commit = said?.toString("utf8").trim();
  return commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit) ? commit : undefined;
}
