import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, posix } from "node:path";
import { UsageError } from "../command.ts";
import { commitOf, git } from "./git.ts";
import { writeFile, writeTree } from "./revision-tree.ts";

/** Policies of which a difference is made. */
export interface PolicySource {
  /** As a reader knows it: the folder, or the revision and its commit. */
  readonly label: string;
  /** Folder of the hosts; undefined when the revision has none. */
  readonly folder: string | undefined;
  /** Its invariants file, beside the folder; undefined when there is none. */
  readonly invariants: string | undefined;
  /** A text in which places in the folder are named as a reader knows them. */
  readonly named: (text: string) => string;
  /** Removes what was written to read it. */
  readonly close: () => void;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Opens a folder of hosts as it is. Throws UsageError when there is none. */
export function openFolder(folder: string): PolicySource {
  if (!isFolder(folder)) throw new UsageError(`There is no folder ${JSON.stringify(folder)}.`);
  const invariants = join(folder, "..", "invariants.yaml");
  return {
    label: folder,
    folder,
    invariants: existsSync(invariants) ? invariants : undefined,
    named: (text) => text,
    close: () => {},
  };
}

function revisionSource(revision: string, commit: string, policies: string): PolicySource {
  const prefix =
    git(policies, ["rev-parse", "--show-prefix"])
      ?.toString("utf8")
      .replace(/\/?\n$/, "") ?? "";
  const root = mkdtempSync(join(tmpdir(), "policy-revision-"));
  const close = () => rmSync(root, { recursive: true, force: true });
  const name = prefix === "" ? "hosts" : basename(prefix);
  try {
    const folder = writeTree(policies, commit, prefix, join(root, name)) ? join(root, name) : undefined;
    // Shared server files are beside the folder of the hosts. Nothing is beside the root of a repository.
    const beside = dirname(prefix);
    const invariants = join(root, "invariants.yaml");
    if (prefix !== "") writeTree(policies, commit, posix.join(beside, "servers"), join(root, "servers"));
    const hasInvariants =
      prefix !== "" && writeFile(policies, commit, posix.join(beside, "invariants.yaml"), invariants);
    const place = beside === "." ? `${revision}:` : `${revision}:${beside}/`;
    return {
      label: `${revision} (${commit.slice(0, 12)})`,
      folder,
      invariants: hasInvariants ? invariants : undefined,
      named: (text) => text.replaceAll(`${root}/`, place),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Opens a folder of hosts, or what the folder `policies` was at a git revision. Throws UsageError when the word is
 * neither, or both.
 */
export function openPolicies(word: string, policies: string): PolicySource {
  const isHere = isFolder(word);
  const commit = isHere && /[/\\]/.test(word) ? undefined : isFolder(policies) ? commitOf(policies, word) : undefined;
  if (isHere && commit !== undefined) {
    throw new UsageError(`${JSON.stringify(word)} is a folder and a revision. Write ./${word} or refs/heads/${word}.`);
  }
  if (isHere) return openFolder(word);
  if (commit !== undefined) return revisionSource(word, commit, policies);
  throw new UsageError(
    `${JSON.stringify(word)} is neither a folder nor a revision of the repository of ${JSON.stringify(policies)}. ` +
      "(a shallow clone has only its newest commits: fetch the others)",
  );
}
