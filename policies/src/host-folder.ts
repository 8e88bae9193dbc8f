import { type Dirent, existsSync, lstatSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Diagnostic } from "./diagnostic.ts";
import { didYouMean } from "./did-you-mean.ts";

/** A server's file: its key is the file name without `.yaml`. */
export interface ServerPath {
  readonly key: string;
  readonly file: string;
  /** `<key>.lock.json` beside it; undefined when the server was never imported. */
  readonly lockFile: string | undefined;
}

/** The files of a host's folder, as paths that begin with the folder as it was given. */
export interface HostFolder {
  readonly hostFile: string | undefined;
  readonly grantsFile: string | undefined;
  /** Sorted by key. */
  readonly servers: readonly ServerPath[];
  /** `tests/*.test.yaml`, sorted. */
  readonly testFiles: readonly string[];
  readonly findings: readonly Diagnostic[];
}

/** The folder of server files that several hosts share: `servers` beside the folder of the hosts. */
export interface SharedServers {
  readonly folder: string;
  /** Sorted by key. */
  readonly servers: readonly ServerPath[];
  readonly findings: readonly Diagnostic[];
}

type FileFinding = Omit<Diagnostic, "file" | "line" | "column">;

// Editors and file managers leave them beside a file for a moment. They are not read either.
const isEditorFile = (name: string) => name.startsWith(".") || name.endsWith("~");

const link: FileFinding = {
  code: "file-link",
  message: "This is a symbolic link.",
  hint: "put the file or folder itself here: what a link points to can change without a review",
};

/** The entries of a folder that are neither links nor of an editor, sorted by name; links become findings. */
function entries(folder: string, report: (path: string, finding: FileFinding) => void): readonly Dirent[] {
  let found: Dirent[];
  try {
    // Resolved, because a trailing slash would make lstat follow the link.
    if (lstatSync(resolve(folder)).isSymbolicLink()) {
      report(folder, link);
      return [];
    }
    found = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown error";
    report(
      folder,
      cause === "ENOENT" || cause === "ENOTDIR"
        ? { code: "file-missing", message: "There is no such folder.", hint: "a host is a folder with host.yaml in it" }
        : { code: "file-unreadable", message: `The folder can't be read: ${cause}.`, hint: "make it readable" },
    );
    return [];
  }
  return found
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .filter((entry) => {
      if (isEditorFile(entry.name)) return false;
      if (entry.isSymbolicLink()) report(join(folder, entry.name), link);
      return !entry.isSymbolicLink();
    });
}

function listServers(folder: string, report: (path: string, finding: FileFinding) => void): readonly ServerPath[] {
  const found = entries(folder, report);
  const files = new Set(found.filter((entry) => entry.isFile()).map(({ name }) => name));
  return found.flatMap((entry) => {
    const { name } = entry;
    const file = join(folder, name);
    if (entry.isFile() && name.endsWith(".yaml")) {
      const key = name.slice(0, -".yaml".length);
      const lock = `${key}.lock.json`;
      return [{ key, file, lockFile: files.has(lock) ? join(folder, lock) : undefined }];
    }
    const yaml = `${name.replace(entry.isFile() && name.endsWith(".lock.json") ? ".lock.json" : /\.[^.]*$/, "")}.yaml`;
    if (entry.isFile() && name.endsWith(".lock.json")) {
      if (files.has(yaml)) return [];
      const hint = `remove it, or bring ${JSON.stringify(yaml)} back`;
      report(file, { code: "file-unknown", message: "This is the lock of a server that has no file.", hint });
      return [];
    }
    const hint = entry.isFile() ? `name it ${JSON.stringify(yaml)} or remove it` : "servers holds files only";
    report(file, { code: "file-unknown", message: "Not a server file.", hint });
    return [];
  });
}

function listTests(folder: string, report: (path: string, finding: FileFinding) => void): readonly string[] {
  return entries(folder, report).flatMap((entry) => {
    const file = join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith(".test.yaml")) return [file];
    const hint = `tests holds files named <what>.test.yaml only`;
    report(file, { code: "file-unknown", message: "Not a file of policy tests.", hint });
    return [];
  });
}

/** Lists the shared server files of the host in `dir`. A folder that isn't there has none. */
export function listSharedServers(dir: string): SharedServers {
  const folder = join(dir, "..", "..", "servers");
  const findings: Diagnostic[] = [];
  if (!existsSync(folder)) return { folder, servers: [], findings };
  const report = (file: string, finding: FileFinding) => findings.push({ ...finding, file, line: 1, column: 1 });
  return { folder, servers: listServers(folder, report), findings };
}

/** Lists the folder of one host. Whatever nothing would read is a finding: a misspelt file name is a rule that is off. */
export function listHostFolder(dir: string): HostFolder {
  const findings: Diagnostic[] = [];
  const report = (file: string, finding: FileFinding) => findings.push({ ...finding, file, line: 1, column: 1 });
  const folders = ["servers", "tests"];
  const known = ["host.yaml", "grants.yaml", ...folders];
  const found = new Map<string, string>();
  for (const entry of entries(dir, report)) {
    const path = join(dir, entry.name);
    const fits = !known.includes(entry.name) || (folders.includes(entry.name) ? entry.isDirectory() : entry.isFile());
    if (known.includes(entry.name) && fits) found.set(entry.name, path);
    else if (fits) {
      const hint = didYouMean(entry.name, known, "a host has host.yaml, grants.yaml and the folders servers and tests");
      report(path, { code: "file-unknown", message: "Nothing reads this.", hint });
    } else {
      const hint = "host.yaml and grants.yaml are files, servers and tests are folders";
      report(path, { code: "file-unknown", message: "This is not what its name says.", hint });
    }
  }
  if (!findings.some(({ file }) => file === dir)) {
    for (const name of ["host.yaml", "grants.yaml"]) {
      const path = join(dir, name);
      if (found.has(name) || findings.some(({ file }) => file === path)) continue;
      report(path, { code: "file-missing", message: "The host has no such file.", hint: "copy that of hosts/demo" });
    }
  }
  const servers = found.get("servers");
  const tests = found.get("tests");
  return {
    hostFile: found.get("host.yaml"),
    grantsFile: found.get("grants.yaml"),
    servers: servers === undefined ? [] : listServers(servers, report),
    testFiles: tests === undefined ? [] : listTests(tests, report),
    findings,
  };
}
