import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type Diagnostic, listHosts, loadHost, severityOf } from "../../src/load.ts";
import type { ImportTarget } from "./import-target.ts";
import type { FileText } from "./write-files.ts";

function errors(dir: string): readonly Diagnostic[] {
  return loadHost(dir).diagnostics.filter(({ code }) => severityOf(code) === "error");
}

/**
 * The errors that hosts would have with these files written and don't have now: of the target's host, and of every host
 * beside it when the files are shared. Tried on a copy, so that what doesn't load is never there.
 */
export function newFindings({ dir, shared }: ImportTarget, files: readonly FileText[]): readonly Diagnostic[] {
  const hosts = dirname(resolve(dir));
  const root = dirname(hosts);
  const copy = mkdtempSync(join(tmpdir(), "policy-import-"));
  const inCopy = (path: string) => join(copy, relative(root, resolve(path)));
  try {
    const keys = shared ? (listHosts(hosts) ?? []).map(({ key }) => key) : [basename(resolve(dir))];
    const folders = [join(root, "servers"), ...keys.map((key) => join(hosts, key))];
    for (const folder of folders.filter((path) => existsSync(path)))
      cpSync(folder, inCopy(folder), { recursive: true });
    for (const { file, text } of files) {
      mkdirSync(dirname(inCopy(file)), { recursive: true });
      writeFileSync(inCopy(file), text);
    }
    return keys.flatMap((key) => {
      const real = join(dirname(dir), key);
      const asReal = (finding: Diagnostic) => {
        return { ...finding, file: join(dirname(dir), relative(inCopy(hosts), finding.file)) };
      };
      const had = new Set(errors(real).map(({ code, message }) => `${code} ${message}`));
      return errors(inCopy(real))
        .filter(({ code, message }) => !had.has(`${code} ${message}`))
        .map(asReal);
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
}
