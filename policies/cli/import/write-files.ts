import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** A file to be written whole. */
export interface FileText {
  readonly file: string;
  readonly text: string;
}

/** The files can't be written, and are as they were. The message is a sentence. */
export class WriteError extends Error {}

function checkNoLink(path: string): void {
  // Resolved, because a trailing slash would make lstat follow the link.
  const found = lstatSync(resolve(path), { throwIfNoEntry: false });
  if (found?.isSymbolicLink() === true) {
    throw new WriteError(
      `${path} is a symbolic link, and what it points to is not written: put the file itself there.`,
    );
  }
}

/** Writes beside the file and returns the path, which nothing reads while it begins with a dot. */
function writeBeside({ file, text }: FileText): string {
  const beside = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
  const mode = existsSync(file) ? statSync(file).mode & 0o777 : 0o644;
  // `wx` neither follows a link nor takes a file that somebody else made.
  const descriptor = openSync(beside, "wx", mode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return beside;
}

/**
 * Writes all of the files or none: each beside its place first, then renamed. Neither a file nor its folder may be a
 * link. Throws WriteError.
 */
export function writeFiles(files: readonly FileText[]): void {
  const before = new Map<string, Buffer | undefined>();
  const beside = new Map<string, string>();
  try {
    for (const { file, text } of files) {
      const folder = dirname(file);
      for (const path of [dirname(folder), folder, file]) checkNoLink(path);
      mkdirSync(folder, { recursive: true });
      before.set(file, existsSync(file) ? readFileSync(file) : undefined);
      beside.set(file, writeBeside({ file, text }));
    }
    const renamed: string[] = [];
    try {
      for (const [file, path] of beside) {
        renameSync(path, file);
        renamed.push(file);
      }
    } catch (error) {
      for (const file of renamed) {
        const text = before.get(file);
        if (text === undefined) rmSync(file);
        else renameSync(writeBeside({ file, text: text.toString() }), file);
      }
      throw error;
    }
  } catch (error) {
    if (error instanceof WriteError) throw error;
    const { code, path } = error as NodeJS.ErrnoException;
    throw new WriteError(`${path ?? "A file"} can't be written (${code}); nothing was changed.`, { cause: error });
  } finally {
    for (const path of beside.values()) rmSync(path, { force: true });
  }
}
