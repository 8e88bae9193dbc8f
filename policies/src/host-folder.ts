import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Diagnostic } from "./diagnostic.ts";
import { didYouMean } from "./did-you-mean.ts";

/** A server's file: its key is the file name without `.yaml`. */
export interface ServerPath {
  readonly key: string;
  readonly file: string;
}

/** The files of a host's folder, as paths that begin with the folder as it was given. */
export interface HostFolder {
  readonly hostFile: string | undefined;
  readonly grantsFile: string | undefined;
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
  return entries(folder, report).flatMap((entry) => {
    const file = join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith(".yaml")) return [{ key: entry.name.slice(0, -".yaml".length), file }];
    const wanted = `${entry.name.replace(/\.[^.]*$/, "")}.yaml`;
    const hint = entry.isFile() ? `name it ${JSON.stringify(wanted)} or remove it` : "servers holds files only";
    report(file, { code: "file-unknown", message: "Not a server file.", hint });
    return [];
  });
}

/** Lists the folder of one host. Whatever nothing would read is a finding: a misspelt file name is a rule that is off. */
export function listHostFolder(dir: string): HostFolder {
  const findings: Diagnostic[] = [];
  const report = (file: string, finding: FileFinding) => findings.push({ ...finding, file, line: 1, column: 1 });
  const known = ["host.yaml", "grants.yaml", "servers"];
  const found = new Map<string, string>();
  for (const entry of entries(dir, report)) {
    const path = join(dir, entry.name);
    const fits = !known.includes(entry.name) || (entry.name === "servers" ? entry.isDirectory() : entry.isFile());
    if (known.includes(entry.name) && fits) found.set(entry.name, path);
    else if (fits) {
      const hint = didYouMean(entry.name, known, "a host has host.yaml, grants.yaml and the folder servers");
      report(path, { code: "file-unknown", message: "Nothing reads this.", hint });
    } else {
      const hint = "host.yaml and grants.yaml are files, servers is a folder";
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
  return {
    hostFile: found.get("host.yaml"),
    grantsFile: found.get("grants.yaml"),
    servers: servers === undefined ? [] : listServers(servers, report),
    findings,
  };
}
