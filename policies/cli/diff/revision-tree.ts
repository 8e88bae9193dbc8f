/** Writes the policy files of a commit into a folder of their own, without checking anything out. */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../command.ts";
import { git } from "./git.ts";

/** Larger ones are refused by the loader by their size alone, so their content is not read. */
const blobBytesMax = 4 * 1024 * 1024;

interface TreeEntry {
  readonly mode: string;
  readonly id: string;
  readonly bytes: number;
  readonly path: string;
}

function entriesOf(repository: string, tree: string): readonly TreeEntry[] {
  // Without --full-tree only what is below the folder that git runs in would be listed.
  const listed = git(repository, ["ls-tree", "-r", "-z", "-l", "--full-tree", tree]);
  if (listed === undefined) throw new UsageError(`The repository can't list ${JSON.stringify(tree)}.`);
  return listed
    .toString("utf8")
    .split("\0")
    .flatMap((line) => {
      const [, mode = "", id = "", bytes = "", path = ""] = /^(\d+) \w+ (\w+) +(\d+|-)\t(.*)$/s.exec(line) ?? [];
      if (path === "") return [];
      // Git refuses to make such names; a repository made by hand may have them.
      if (
        path.split("/").some((name) => name === "" || name === "." || name === ".." || name.toLowerCase() === ".git")
      ) {
        throw new UsageError(`The commit has a file that no folder can hold: ${JSON.stringify(path)}.`);
      }
      return [{ mode, id, bytes: Number(bytes), path }];
    });
}

/** The contents of blobs, in their order. */
function contentsOf(repository: string, ids: readonly string[]): readonly Buffer[] {
  const answer = git(repository, ["cat-file", "--batch"], ids.map((id) => `${id}\n`).join("")) ?? Buffer.alloc(0);
  let at = 0;
  return ids.map((id) => {
    const end = answer.indexOf("\n", at);
    const [found, , bytes] = answer.toString("latin1", at, end).split(" ");
    if (found !== id || bytes === undefined) throw new UsageError(`The repository does not have the object ${id}.`);
    at = end + 1 + Number(bytes) + 1;
    return answer.subarray(end + 1, at - 1);
  });
}

/** Writes one file of a commit; false when the commit has no such file. A link is written as one that leads nowhere. */
export function writeFile(repository: string, commit: string, path: string, target: string): boolean {
  const listed = git(repository, ["ls-tree", "-z", "--full-tree", commit, "--", path])?.toString("utf8") ?? "";
  const [, mode = "", id = ""] = /^(\d+) blob (\w+)\t/.exec(listed) ?? [];
  if (id === "") return false;
  if (mode.startsWith("100")) writeFileSync(target, contentsOf(repository, [id])[0] ?? "", { flag: "wx" });
  else symlinkSync("link", target);
  return true;
}

/**
 * Writes the files below `path` of a commit into `target`; false when the commit has no such folder. A link is written
 * as one that leads nowhere and a submodule as an empty folder, so that the loader refuses both as it does in place.
 */
export function writeTree(repository: string, commit: string, path: string, target: string): boolean {
  const tree = `${commit}:${path}`;
  const type = git(repository, ["cat-file", "-t", tree])?.toString("utf8").trim();
  if (type === undefined) return false;
  if (type !== "tree") throw new UsageError(`${JSON.stringify(path)} is not a folder in ${commit.slice(0, 12)}.`);
  const entries = entriesOf(repository, tree);
  const isFile = ({ mode }: TreeEntry) => mode.startsWith("100");
  const read = entries.filter((entry) => isFile(entry) && entry.bytes <= blobBytesMax);
  const contents = contentsOf(
    repository,
    read.map(({ id }) => id),
  );
  const contentOf = new Map(read.map((entry, index) => [entry, contents[index] ?? Buffer.alloc(0)]));
  mkdirSync(target, { recursive: true });
  for (const entry of entries) {
    const file = join(target, entry.path);
    mkdirSync(dirname(file), { recursive: true });
    if (entry.mode === "160000") mkdirSync(file);
    else if (!isFile(entry)) symlinkSync("link", file);
    else {
      writeFileSync(file, contentOf.get(entry) ?? "", { flag: "wx" });
      if (!contentOf.has(entry)) truncateSync(file, entry.bytes);
    }
  }
  return true;
}
