/** Reads policy files. Apart from `index.ts`, because the gateway imports the model but never reads a policy file. */
import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { compareDiagnostics, type Diagnostic } from "./diagnostic.ts";
import { severityOf } from "./diagnostic-codes.ts";
import { readHostFiles, type ServerEntry } from "./host-files.ts";
import { hostModel } from "./host-model.ts";
import type { Day, HostModel } from "./model.ts";
import { type PolicyLines, policyLines } from "./policy-lines.ts";
import { rules } from "./rules/index.ts";
import type { TestFile } from "./schema/test-file.ts";
import type { ShapedFile } from "./shape.ts";

export { type Diagnostic, printDiagnostic, visible } from "./diagnostic.ts";
export { type DiagnosticCode, diagnosticCodes, type Severity, severityOf } from "./diagnostic-codes.ts";

/**
 * A host with what should be looked at, or everything that is wrong with its files: a host with an error is no host.
 * Sorted by place.
 */
export type LoadResult =
  | {
      readonly ok: true;
      readonly host: HostModel;
      /** What the model was made of, where it stands. */
      readonly lines: PolicyLines;
      /** The files of `tests`, as they stand. */
      readonly tests: readonly ShapedFile<TestFile>[];
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

type WholeServer = ServerEntry & { readonly content: NonNullable<ServerEntry["content"]> };

/**
 * Loads the folder of one host, for example `policies/hosts/demo`. Files are named in findings and in the model's
 * positions as `dir` joined with their place in it. What is wrong comes back as findings; it does not throw. Without
 * `today` nothing is said of grants that have ended.
 */
export function loadHost(dir: string, today?: Day): LoadResult {
  const { files, findings } = readHostFiles(dir);
  const diagnostics: Diagnostic[] = [...findings];
  for (const rule of rules) {
    if (rule.ofWholeFiles === true && findings.length > 0) continue;
    for (const { at, message, hint } of rule.check(files, today))
      diagnostics.push({ code: rule.id, ...at, message, hint });
  }
  const { host, grants } = files;
  const servers = files.servers.filter((server): server is WholeServer => server.content !== undefined);
  const sorted = diagnostics.toSorted(compareDiagnostics);
  const whole = host !== undefined && grants !== undefined && servers.length === files.servers.length;
  if (!whole || diagnostics.some(({ code }) => severityOf(code) === "error")) return { ok: false, diagnostics: sorted };
  const checked = { key: files.key, host, grants, servers };
  return { ok: true, host: hostModel(checked), lines: policyLines(checked), tests: files.tests, diagnostics: sorted };
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
