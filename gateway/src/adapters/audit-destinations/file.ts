import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { SettingsOf } from "../../audit-destination-forms.ts";
import type { AuditBatchLimits, AuditDestination } from "../../deps/audit.ts";
import { newlineDelimited } from "./delivery.ts";
import { ForeignFileError, mendTail } from "./file-tail.ts";
import { inTurn } from "./in-turn.ts";

const limits: AuditBatchLimits = {
  records: 5_000,
  bytes: 8 * 1_048_576,
  bytesPerRecord: 1,
  spanMs: Number.POSITIVE_INFINITY,
};

/** Says what to do about the errors that a person can do something about. */
function fileError(path: string, error: unknown): Error {
  const { code } = error as { readonly code?: string };
  const sentences: Readonly<Record<string, string>> = {
    ENOENT: `The folder of the audit file ${path} is not there. Make it, or correct AUDIT_DESTINATIONS.`,
    EACCES: `The gateway may not write the audit file ${path}. Let its user do so.`,
    EISDIR: `${path} is a folder. Correct AUDIT_DESTINATIONS.`,
    ENOSPC: `There is no space for the audit file ${path}. Make some.`,
  };
  const foreign = `${path} does not end like a file of audit records, so nothing was written to it. Choose another name in AUDIT_DESTINATIONS.`;
  const other = `The audit file ${path} could not be written (${error instanceof Error ? error.message : "no reason"}).`;
  const message = error instanceof ForeignFileError ? foreign : (sentences[code ?? ""] ?? other);
  return new Error(message, { cause: error });
}

/**
 * One file of JSON lines, made with mode 0600 in a folder that is there. Lines count when they are on the disk
 * (fdatasync(2)). When the file was moved away or deleted, the next delivery makes it anew, as logrotate wants it (without
 * `copytruncate`). No other process may write to it: what a crash has torn is mended at the end of the file.
 */
export function createFileDestination({ name, path }: SettingsOf<"file">): AuditDestination {
  let current: FileHandle | undefined;
  let closed = false;

  const letGo = async () => {
    const file = current;
    current = undefined;
    await file?.close();
  };
  const openFile = async () => {
    if (closed) throw new Error("it is closed");
    // Appends, wherever the end is; reads for the sake of the tail.
    const file = await open(path, "a+", 0o600);
    current = file;
    // A pipe or a device keeps nothing.
    if (!(await file.stat()).isFile()) throw new ForeignFileError();
    await mendTail(file, limits.bytes);
    // The name must outlive a crash as well as the bytes.
    const folder = await open(dirname(path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    return file;
  };
  const fileAtPath = async () => {
    if (current !== undefined) {
      const [held, named] = await Promise.all([
        current.stat({ bigint: true }),
        stat(path, { bigint: true }).catch(() => undefined),
      ]);
      if (held.dev === named?.dev && held.ino === named.ino) return current;
      await letGo();
    }
    return openFile();
  };
  return {
    name,
    limits,
    deliver: inTurn(async (lines) => {
      try {
        const file = await fileAtPath();
        await file.appendFile(newlineDelimited(lines));
        await file.datasync();
        // Deleted in the meantime: what was written went with it.
        if ((await file.stat()).nlink === 0) throw new Error("it was deleted meanwhile");
        return 0;
      } catch (error) {
        // Opened anew it is mended, should this have left half a line.
        await letGo().catch(() => undefined);
        throw fileError(path, error);
      }
    }),
    close: () => {
      closed = true;
      return letGo();
    },
  };
}
