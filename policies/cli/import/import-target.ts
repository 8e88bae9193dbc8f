import { join } from "node:path";
import type { Diagnostic } from "../../src/diagnostic.ts";
import { readHostFiles, type ServerEntry } from "../../src/host-files.ts";
import { listSharedServers } from "../../src/host-folder.ts";
import { permitKeyForm } from "../../src/schema/fields.ts";
import { UsageError } from "../command.ts";

/** The files that an import of one server writes, and what they say now. */
export interface ImportTarget {
  /** Folder of the host. */
  readonly dir: string;
  readonly file: string;
  readonly lockFile: string;
  /** True for files that several hosts share. */
  readonly shared: boolean;
  /** The server file; undefined when there is none yet. */
  readonly text: string | undefined;
  /** The server as the host has it; undefined when it is new. */
  readonly server: ServerEntry["content"];
  /** Names of the tools that `text` itself lists. */
  readonly listed: readonly string[];
  readonly lock: ServerEntry["lock"];
}

/** The files have findings that leave open what an import would write. */
export class TargetError extends Error {
  readonly findings: readonly Diagnostic[];

  constructor(findings: readonly Diagnostic[]) {
    super("The server's files have findings.");
    this.findings = findings;
  }
}

const lockOf = (file: string) => file.replace(/\.yaml$/, ".lock.json");

/** Finds the files of a server of a host. Throws UsageError for a key that can't be one, and TargetError. */
export function findTarget(dir: string, key: string): ImportTarget {
  if (!permitKeyForm.test(key)) {
    throw new UsageError(`${JSON.stringify(key)} can't be the key of a server: use A-Z, a-z, 0-9, - and _.`);
  }
  const { files, findings } = readHostFiles(dir);
  const entry = files.servers.find((server) => server.key === key);
  if (entry === undefined) {
    const file = join(dir, "servers", `${key}.yaml`);
    const inTheWay = findings.filter((finding) =>
      [file, lockOf(file), join(dir, "servers"), dir].includes(finding.file),
    );
    if (inTheWay.length > 0) throw new TargetError(inTheWay);
    const none = { text: undefined, server: undefined, listed: [], lock: undefined };
    return { dir, file, lockFile: lockOf(file), shared: false, ...none };
  }
  const own = files.sources.find(({ file }) => file === entry.file);
  const base = own?.keysAt([]).includes("shared") === true ? (own.value() as { shared: unknown }).shared : undefined;
  const file = base === undefined ? entry.file : join(listSharedServers(dir).folder, `${String(base)}.yaml`);
  const source = files.sources.find((candidate) => candidate.file === file);
  if (entry.content === undefined || source === undefined) {
    throw new TargetError(findings.filter((finding) => [entry.file, file].includes(finding.file)));
  }
  const lockFile = lockOf(file);
  if (base !== undefined && entry.lock !== undefined && entry.lock.file !== lockFile) {
    throw new UsageError(
      `${entry.lock.file} hides the lock of the shared file ${file}: remove it, so that there is one lock to review.`,
    );
  }
  return {
    dir,
    file,
    lockFile,
    shared: base !== undefined,
    text: source.text,
    server: entry.content,
    listed: source.keysAt(["tools"]),
    lock: entry.lock,
  };
}
