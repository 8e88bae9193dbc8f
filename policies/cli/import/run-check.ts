import { type Diagnostic, printDiagnostic, visible } from "../../src/diagnostic.ts";
import { listed } from "../../src/did-you-mean.ts";
import { readHostFiles, type ServerEntry } from "../../src/host-files.ts";
import { lockDiff, type ToolDrift } from "../../src/lock-diff.ts";
import { type LockableTools, lockableTools } from "../../src/lock-tools.ts";
import type { ServerFile } from "../../src/schema/server-file.ts";
import { chooseHosts, policiesFolder } from "../choose-hosts.ts";
import { type ExitCode, type Output, UsageError } from "../command.ts";
import { driftLines, leftOutLines } from "./drift-lines.ts";
import { ServerUnreadError } from "./explain-failure.ts";
import { findTarget, TargetError } from "./import-target.ts";
import type { ImportOptions } from "./options.ts";
import { readServer } from "./read-server.ts";

const againNote =
  "Import a changed server again and review the difference: npm run policy -- import --host <key> --server <key>";

const programNamed = "It is a program: name it again behind --stdio, with --host and --server.";

/** How many servers are asked at a time. */
const atOnce = 8;

/** What became of the check of one server. */
type Outcome =
  | {
      readonly status: "same" | "changed";
      /** How many tools the lock has. */
      readonly locked: number;
      readonly drifts: readonly ToolDrift[];
      readonly leftOut: LockableTools["leftOut"];
      readonly decided: ServerFile["tools"];
    }
  /** Nobody knows whether it is as it was: never to be taken for fine. */
  | { readonly status: "unread"; readonly message: string; readonly findings: readonly Diagnostic[] }
  | { readonly status: "never imported" };

interface ToCheck {
  readonly host: string;
  readonly dir: string;
  readonly entry: ServerEntry;
  readonly findings: readonly Diagnostic[];
}

function serversToCheck({ policies, host, server }: ImportOptions): readonly ToCheck[] {
  const all = chooseHosts(policiesFolder(policies), host).flatMap(({ key, dir }) => {
    const { files, findings } = readHostFiles(dir);
    return files.servers.map((entry): ToCheck => ({ host: key, dir, entry, findings }));
  });
  const chosen = server === undefined ? all : all.filter(({ entry }) => entry.key === server);
  if (chosen.length > 0) return chosen;
  const keys = listed(all.map(({ entry }) => entry.key));
  throw new UsageError(
    server === undefined
      ? "There is no server."
      : `There is no server ${JSON.stringify(server)} (the servers are ${keys}).`,
  );
}

/** Findings that leave the server or its lock unknown; a lock that can't be read must not pass for none. */
function inTheWay({ dir, entry, findings }: ToCheck): readonly Diagnostic[] {
  if (entry.content !== undefined && entry.lock !== undefined) return [];
  try {
    const { file, lockFile } = findTarget(dir, entry.key);
    const ownLock = entry.file.replace(/\.yaml$/, ".lock.json");
    return findings.filter((finding) => [entry.file, file, lockFile, ownLock].includes(finding.file));
  } catch (error) {
    if (error instanceof TargetError) return error.findings;
    throw error;
  }
}

async function checkServer(one: ToCheck, options: ImportOptions, output: Output): Promise<Outcome> {
  const { content, lock } = one.entry;
  const findings = inTheWay(one);
  if (findings.length > 0 || content === undefined) {
    return { status: "unread", message: "The server's files have findings.", findings };
  }
  if (lock === undefined) return { status: "never imported" };
  try {
    const { url } = content.value;
    const endpoint = options.given ?? (url === undefined ? undefined : options.at(url, options.server !== undefined));
    // The program that a file names is never started for that: whoever can write the file could then run anything here.
    if (endpoint === undefined) return { status: "unread", message: programNamed, findings: [] };
    const answer = await readServer(endpoint, options.seconds, output);
    const decided = content.value.tools;
    const { tools, leftOut } = lockableTools(answer.listed, Object.keys(decided));
    const drifts = lockDiff(lock.tools, tools);
    const locked = Object.keys(lock.tools).length;
    return { status: drifts.length === 0 ? "same" : "changed", locked, drifts, leftOut, decided };
  } catch (error) {
    if (!(error instanceof ServerUnreadError)) throw error;
    return { status: "unread", message: error.message, findings: [] };
  }
}

/** All outcomes, in the order of the servers. */
async function checkAll(servers: readonly ToCheck[], options: ImportOptions, output: Output): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = [...servers.entries()];
  let done = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, one] = next;
      outcomes[index] = await checkServer(one, options, { ...output, progress: () => undefined });
      done += 1;
      output.progress(`${done} of ${servers.length} servers ...`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  output.progress();
  return outcomes;
}

/** `1 changed, 2 new`. */
function kindsOf(drifts: readonly ToolDrift[]): string {
  const counts = (["changed", "new", "gone"] as const).map((kind) => {
    return [drifts.filter((drift) => drift.kind === kind).length, kind] as const;
  });
  return counts.flatMap(([number, kind]) => (number === 0 ? [] : [`${number} ${kind}`])).join(", ");
}

function outcomeLines(outcome: Outcome, colors: boolean): readonly string[] {
  switch (outcome.status) {
    case "same":
      return [`${outcome.locked} tools, all as they were reviewed`, ...leftOutLines(outcome.leftOut)];
    case "changed":
      return [
        `not as it was reviewed: ${kindsOf(outcome.drifts)}`,
        ...driftLines(outcome.drifts, outcome.decided, colors),
        ...leftOutLines(outcome.leftOut),
      ];
    case "unread":
      return [
        `not checked: ${visible(outcome.message)}`,
        ...outcome.findings.map((finding) => `  ${printDiagnostic(finding)}`),
      ];
    case "never imported":
      return ["not checked: it was never imported, so there is no lock to compare with"];
  }
}

/** `import --check`: compares servers with their locks and writes nothing. */
export async function runCheck(options: ImportOptions, output: Output): Promise<ExitCode> {
  const servers = serversToCheck(options);
  const outcomes = await checkAll(servers, options, output);
  const results = servers.map(({ host, entry }, index) => ({ host, server: entry.key, outcome: outcomes[index] }));
  const imported = results.filter(({ outcome }) => outcome?.status !== "never imported");
  const one = options.server !== undefined;
  if (imported.length === 0 && !one) throw new UsageError("No server has a lock: import one first.");
  const ok = (one ? results : imported).every(({ outcome }) => outcome?.status === "same");
  if (options.json) {
    const said = results.map(({ outcome, ...names }) => {
      if (outcome === undefined || !("decided" in outcome)) return { ...names, ...outcome };
      const { decided: _, ...rest } = outcome;
      return { ...names, ...rest };
    });
    output.line(JSON.stringify({ ok, servers: said }, null, 2));
    return ok ? 0 : 1;
  }
  for (const { host, server, outcome } of results) {
    const [first, ...more] = outcome === undefined ? [] : outcomeLines(outcome, output.colors);
    output.line(`${visible(`${host}/${server}`)}: ${first}`);
    for (const line of more) output.line(line);
  }
  if (results.some(({ outcome }) => outcome?.status === "changed")) output.note(againNote);
  return ok ? 0 : 1;
}
