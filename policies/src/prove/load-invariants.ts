import { existsSync, lstatSync } from "node:fs";
import type { Diagnostic } from "../diagnostic.ts";
import { didYouMean, listed } from "../did-you-mean.ts";
import { canonicalEmail } from "../email.ts";
import type { HostModel, SourcePosition } from "../model.ts";
import { readPolicyFile } from "../policy-file.ts";
import { type Invariant, invariantsFileSchema } from "../schema/invariants-file.ts";
import { shape } from "../shape.ts";
import { parseYaml, type YamlPath, type YamlSource } from "../yaml-source.ts";
import { namePattern } from "./selection.ts";

/** An invariant of the file, with its place. */
export interface PlacedInvariant extends Invariant {
  readonly source: SourcePosition;
}

/** The hosts of the folder, and those of them that have been loaded. */
export interface KnownHosts {
  readonly keys: readonly string[];
  readonly loaded: readonly { readonly host: HostModel; readonly groups: readonly string[] }[];
}

/** A name that an invariant gives, and the names that there are. */
interface Named {
  readonly path: YamlPath;
  readonly name: string;
  readonly what: string;
  readonly many: string;
  readonly known: readonly string[];
  readonly is?: (known: string) => boolean;
}

/** Every name of an invariant, with those of the hosts that it is about. */
function* namesOf({ hosts, humans, tools }: Invariant, { keys, loaded }: KnownHosts): Iterable<Named> {
  for (const [index, name] of (hosts ?? []).entries()) {
    yield { path: ["hosts", index], name, what: "host", many: "hosts", known: keys };
  }
  const about = hosts ?? keys;
  const applicable = loaded.filter(({ host }) => about.includes(host.key));
  // A host that was not loaded may have the name.
  if (applicable.length < about.filter((key) => keys.includes(key)).length) return;
  const groups = [...new Set(applicable.flatMap((one) => one.groups))];
  for (const list of ["groups", "outside"] as const) {
    for (const [index, name] of (humans?.[list] ?? []).entries()) {
      yield { path: ["humans", list, index], name, what: "group", many: "groups", known: groups };
    }
  }
  const emails = applicable.flatMap(({ host }) => host.humans.map(({ email }) => email));
  for (const [index, name] of (humans?.addresses ?? []).entries()) {
    const is = (email: string) => email === canonicalEmail(name);
    yield { path: ["humans", "addresses", index], name, what: "human", many: "humans", known: emails, is };
  }
  const servers = applicable.flatMap(({ host }) => host.servers);
  const serverKeys = [...new Set(servers.map(({ key }) => key))];
  for (const [index, name] of (tools?.servers ?? []).entries()) {
    yield { path: ["tools", "servers", index], name, what: "server", many: "servers", known: serverKeys };
  }
  const chosen = servers.filter(({ key }) => tools?.servers === undefined || tools.servers.includes(key));
  const toolNames = [...new Set(chosen.flatMap((server) => server.tools.map((tool) => tool.name)))];
  for (const [index, name] of (tools?.names ?? []).entries()) {
    const pattern = namePattern(name);
    const is = (tool: string) => pattern.test(tool);
    yield { path: ["tools", "names", index], name, what: "tool", many: "tools", known: toolNames, is };
  }
}

/** A misspelt name would make an invariant hold of nothing. */
function unknownNames(source: YamlSource, path: YamlPath, invariant: Invariant, hosts: KnownHosts): Diagnostic[] {
  const findings: Diagnostic[] = [];
  for (const { path: below, name, what, many, known, is = (one: string) => one === name } of namesOf(
    invariant,
    hosts,
  )) {
    if (known.some(is)) continue;
    findings.push({
      code: "invariant-known",
      ...source.positionOf([...path, ...below]),
      message: `No host that this is about has the ${what} ${JSON.stringify(name)}.`,
      hint: didYouMean(name, known, `the ${many} are ${listed(known)}`),
    });
  }
  return findings;
}

/**
 * Reads an invariants file. Undefined when there is none; with findings the invariants that are left say less than the
 * file, so nothing may be proven by them. Never throws.
 */
export function loadInvariants(
  file: string,
  hosts: KnownHosts,
): { readonly invariants: readonly PlacedInvariant[]; readonly findings: readonly Diagnostic[] } | undefined {
  if (!existsSync(file)) return undefined;
  const none = (finding: Diagnostic) => ({ invariants: [], findings: [finding] });
  if (lstatSync(file).isSymbolicLink()) {
    const hint = "put the file itself here: what a link points to can change without a review";
    return none({ code: "file-link", file, line: 1, column: 1, message: "This is a symbolic link.", hint });
  }
  const content = readPolicyFile(file);
  if ("finding" in content) return none(content.finding);
  const parsed = parseYaml(file, content.text);
  const { source } = parsed;
  if (source === undefined) return { invariants: [], findings: parsed.findings };
  const { shaped, findings } = shape(invariantsFileSchema, source);
  const all = shaped?.value.invariants ?? [];
  const unknown = all.flatMap((one, index) => unknownNames(source, ["invariants", index], one, hosts));
  const invariants = all.map((one, index) => ({ ...one, source: source.positionOf(["invariants", index]) }));
  return { invariants, findings: [...findings, ...unknown] };
}
