/** Reads policy files. Apart from `index.ts`, because the gateway imports the model but never reads a policy file. */
import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { compareDiagnostics, type Diagnostic } from "./diagnostic.ts";
import { readHostFiles, type ServerEntry } from "./host-files.ts";
import { hostModel } from "./host-model.ts";
import type { HostModel } from "./model.ts";
import { rules } from "./rules/index.ts";

export { type Diagnostic, printDiagnostic, visible } from "./diagnostic.ts";
export { type DiagnosticCode, diagnosticCodes } from "./diagnostic-codes.ts";

/** A host, or everything that is wrong with its files, sorted by place. Never both: a host with a finding is no host. */
export type LoadResult =
  | { readonly ok: true; readonly host: HostModel }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

type WholeServer = ServerEntry & { readonly content: NonNullable<ServerEntry["content"]> };

/**
 * Loads the folder of one host, for example `policies/hosts/demo`. Files are named in findings and in the model's
 * positions as `dir` joined with their place in it. What is wrong comes back as findings; it does not throw.
 */
export function loadHost(dir: string): LoadResult {
  const { files, findings } = readHostFiles(dir);
  const diagnostics: Diagnostic[] = [...findings];
  for (const rule of rules) {
    for (const { at, message, hint } of rule.check(files)) diagnostics.push({ code: rule.id, ...at, message, hint });
  }
  const { host, grants } = files;
  const servers = files.servers.filter((server): server is WholeServer => server.content !== undefined);
  if (diagnostics.length > 0 || host === undefined || grants === undefined || servers.length < files.servers.length) {
    return { ok: false, diagnostics: diagnostics.toSorted(compareDiagnostics) };
  }
  return { ok: true, host: hostModel({ key: files.key, host, grants, servers }) };
}

/**
 * The hosts in a folder such as `policies/hosts`, sorted by key. Undefined when there is no such folder: the caller has
 * to tell this apart from hosts without findings.
 */
export function listHosts(hostsDir: string): readonly { readonly key: string; readonly dir: string }[] | undefined {
  let entries: Dirent[];
  try {
    entries = readdirSync(hostsDir, { withFileTypes: true });
  } catch {
    return undefined;
  }
  return entries
    .map(({ name }) => name)
    .filter((name) => !name.startsWith("."))
    .toSorted()
    .map((key) => ({ key, dir: join(hostsDir, key) }));
}
