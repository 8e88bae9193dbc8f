import { dayOf } from "../src/day-of.ts";
import { type Diagnostic, type LoadResult, loadHost, printDiagnostic, severityOf, visible } from "../src/load.ts";
import type { Day } from "../src/model.ts";
import { chooseHosts, policiesFolder } from "./choose-hosts.ts";
import type { Output } from "./command.ts";

/** A host that has no error. */
export interface LoadedHost extends Extract<LoadResult, { ok: true }> {
  readonly key: string;
}

/** Hosts that were loaded, and the errors of those that could not be. */
export interface LoadedHosts {
  readonly hosts: readonly LoadedHost[];
  readonly errors: readonly Diagnostic[];
  /** What is only worth a look, of all hosts. */
  readonly warnings: readonly Diagnostic[];
  readonly today: Day;
}

/** Loads the hosts that the options choose. Throws UsageError when there is no such folder or host. */
export function loadHosts(options: { policies?: string; host?: string }, output: Output): LoadedHosts {
  const today = dayOf(new Date());
  const hosts: LoadedHost[] = [];
  const found: Diagnostic[] = [];
  for (const { key, dir } of chooseHosts(policiesFolder(options.policies), options.host)) {
    output.progress(`Loading ${key} ...`);
    const result = loadHost(dir, today);
    if (result.ok) hosts.push({ key, ...result });
    found.push(...result.diagnostics);
  }
  output.progress();
  const { error: errors = [], warning: warnings = [] } = Object.groupBy(found, ({ code }) => severityOf(code));
  return { hosts, errors, warnings, today };
}

/** Prints the errors of hosts that could not be loaded. */
export function printErrors(errors: readonly Diagnostic[], output: Output): void {
  for (const error of errors) output.line(printDiagnostic(error));
  if (errors.length > 0) output.line(visible("Mend these first: a host with an error has no policy to ask."));
}
