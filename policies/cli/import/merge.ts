/** What an import writes, and what it has to say: without I/O. */

import { type LockFile, lockFileSchema, lockText } from "../../src/lock.ts";
import { lockDiff, type ToolDrift } from "../../src/lock-diff.ts";
import { type LockableTools, lockableTools } from "../../src/lock-tools.ts";
import { fileBytesMax } from "../../src/policy-file.ts";
import { proposeTrust } from "../../src/propose-trust.ts";
import { editTools, type NewTool } from "../../src/server-file-edit.ts";
import type { ImportTarget } from "./import-target.ts";
import { type NewServer, newServerFile } from "./new-server-file.ts";
import type { ServerAnswer } from "./read-server.ts";
import type { FileText } from "./write-files.ts";

/** The import can't be written. The message is a sentence. */
export class MergeError extends Error {}

/** The outcome of an import before it is written. */
export interface Merged {
  /** The files that are another than before; none when nothing changed. */
  readonly files: readonly FileText[];
  readonly added: readonly NewTool[];
  /** Tools of the policy that the server has, in the order of the file. */
  readonly kept: readonly string[];
  /** Tools of the policy that the server doesn't have any more and that stay. */
  readonly gone: readonly string[];
  readonly pruned: readonly string[];
  readonly leftOut: LockableTools["leftOut"];
  /** Tools that say something else than in the lock before. */
  readonly changed: readonly ToolDrift[];
  /** How many tools the lock has now. */
  readonly locked: number;
}

const isIn = (record: object) => (name: string) => Object.hasOwn(record, name);

function checkedLock(tools: LockFile["tools"], lockFile: string): string {
  const text = lockText(lockFileSchema.parse({ version: 1, tools }));
  const bytes = Buffer.byteLength(text);
  if (bytes <= fileBytesMax) return text;
  throw new MergeError(
    `${lockFile} would have ${bytes} bytes, and the loader reads ${fileBytesMax} at most: nobody can review that. ` +
      "Let the server offer fewer tools, or shorter definitions.",
  );
}

/**
 * Merges what a server lists into its files. What the policy says of a tool stays as it is; new tools get the trust that
 * is proposed; tools that are gone stay, with the definition that was reviewed, unless `prune` is set: when one comes
 * back as something else, that shows.
 */
export function mergeImport(
  target: ImportTarget,
  answer: ServerAnswer,
  { prune, ...fresh }: Omit<NewServer, "answer"> & { readonly prune: boolean },
): Merged {
  const decided = target.server?.value.tools ?? {};
  const names = Object.keys(decided);
  const { tools, leftOut } = lockableTools(answer.listed, names);
  const added = Object.entries(tools)
    .filter(([name]) => !Object.hasOwn(decided, name))
    .map(([name, { annotations }]): NewTool => ({ name, ...proposeTrust(name, annotations) }));
  const missing = names.filter((name) => !Object.hasOwn(tools, name));
  const pruned = prune ? missing.filter((name) => target.listed.includes(name)) : [];
  const gone = missing.filter((name) => !pruned.includes(name));
  const before = target.lock?.tools ?? {};
  const reviewed = Object.fromEntries(Object.entries(before).filter(([name]) => gone.includes(name)));
  const lock = { ...reviewed, ...tools };
  const texts = [
    {
      file: target.lockFile,
      text: checkedLock(lock, target.lockFile),
      before: target.lock && lockText({ version: 1, tools: before }),
    },
    {
      file: target.file,
      text:
        target.text === undefined ? newServerFile({ ...fresh, answer }, added) : editTools(target.text, added, pruned),
      before: target.text,
    },
  ];
  return {
    files: texts.filter(({ text, before: had }) => text !== had).map(({ file, text }) => ({ file, text })),
    added,
    kept: names.filter(isIn(tools)),
    gone,
    pruned,
    leftOut,
    changed: target.lock === undefined ? [] : lockDiff(before, lock).filter(({ kind }) => kind === "changed"),
    locked: Object.keys(lock).length,
  };
}
