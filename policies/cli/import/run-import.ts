import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { printDiagnostic, visible } from "../../src/diagnostic.ts";
import { chooseHosts, policiesFolder } from "../choose-hosts.ts";
import { type ExitCode, type Output, UsageError } from "../command.ts";
import { count } from "../count.ts";
import { shortened } from "../definition-lines.ts";
import { driftLines, leftOutLines } from "./drift-lines.ts";
import type { Endpoint } from "./endpoint.ts";
import { ServerUnreadError } from "./explain-failure.ts";
import { findTarget, type ImportTarget, TargetError } from "./import-target.ts";
import { type Merged, MergeError, mergeImport } from "./merge.ts";
import { newFindings } from "./new-findings.ts";
import { type NewServer, schemaPath } from "./new-server-file.ts";
import type { ImportOptions } from "./options.ts";
import { readServer, type ServerAnswer } from "./read-server.ts";
import { WriteError, writeFiles } from "./write-files.ts";

/** Where the server is read. Throws UsageError when neither the command line nor the files say it. */
function endpointOf(options: ImportOptions, target: ImportTarget): Endpoint {
  const known = target.server?.value.url;
  const endpoint = options.given ?? (known === undefined ? undefined : options.at(known, true));
  // The program that a file names is never started for that: whoever can write the file could then run anything here.
  if (endpoint === undefined) throw new UsageError("Name the address of the server, or a program with --stdio.");
  return endpoint;
}

/** Where a new file says that the gateway reaches the server: where it was read, unless the command line says otherwise. */
function gatewayAddress({ url }: ImportOptions, endpoint: Endpoint, answer: ServerAnswer): NewServer["address"] {
  if (url !== undefined) return { url, sse: false };
  if (endpoint.kind === "http") return { url: endpoint.url.href, sse: answer.transport === "HTTP+SSE" };
  return { command: endpoint.command, args: endpoint.args, variables: Object.keys(endpoint.env) };
}

function summaryLines(target: ImportTarget, answer: ServerAnswer, merged: Merged, colors: boolean): readonly string[] {
  const { added, kept, gone, pruned, leftOut, changed, files } = merged;
  const server = shortened(answer.title ?? answer.name, 100);
  const width = Math.max(4, ...added.map(({ name }) => visible(name).length)) + 2;
  return [
    `${server}: ${count(answer.listed.length, "tool")} over ${answer.transport}, protocol ${shortened(answer.protocolVersion, 20)}`,
    ...(added.length === 0 ? [] : ["", `  ${"new".padEnd(width)}trust   why`]),
    ...added.map(({ name, trust, reason }) => `+ ${visible(name).padEnd(width)}${trust.padEnd(8)}${reason}`),
    ...(changed.length === 0 ? [] : ["", "Changed since they were reviewed:"]),
    ...driftLines(changed, target.server?.value.tools ?? {}, colors),
    ...(leftOut.length === 0 ? [] : [""]),
    ...leftOutLines(leftOut),
    ...(gone.length === 0 ? [] : ["", "In the policy, and not at the server (--prune removes them):"]),
    ...gone.map((name) => `  ${visible(name)}`),
    "",
    ...(files.length === 0 ? ["Nothing has changed, and nothing was written."] : []),
    ...files.map(({ file }) => {
      if (file === target.lockFile) {
        return `${file}: ${count(merged.locked, "tool")}, ${target.lock === undefined ? "new" : `${changed.length} changed`}`;
      }
      return `${file}: ${added.length} added, ${kept.length + gone.length} kept, ${pruned.length} removed`;
    }),
  ];
}

const reviewNote =
  "Review each new trust and each changed definition before you merge: a proposal reads names and annotations, not code.";

/** `import`: reads a server and writes its files. */
export async function runImport(options: ImportOptions, output: Output): Promise<ExitCode> {
  const { host: hostKey, server: serverKey } = options;
  const [host] = chooseHosts(policiesFolder(options.policies), hostKey);
  if (host === undefined || serverKey === undefined) throw new UsageError("Say which --host and --server.");
  const fail = (message: string, findings: readonly Parameters<typeof printDiagnostic>[0][] = []): ExitCode => {
    output.progress();
    if (options.json) output.line(JSON.stringify({ ok: false, message, diagnostics: findings }, null, 2));
    else {
      for (const finding of findings) output.line(printDiagnostic(finding));
      output.note(`${visible(message)} Nothing was written.`);
    }
    return 1;
  };
  try {
    const endpoint = endpointOf(options, findTarget(host.dir, serverKey));
    output.progress("Connecting ...");
    const answer = await readServer(endpoint, options.seconds, output);
    // Read again: whoever signs in takes minutes, and may edit the files meanwhile.
    const target = findTarget(host.dir, serverKey);
    const { prune, auth } = options;
    const address = gatewayAddress(options, endpoint, answer);
    const hasSchema = existsSync(join(dirname(target.file), schemaPath));
    const merged = mergeImport(target, answer, { key: serverKey, address, auth, hasSchema, prune });
    const findings = newFindings(target, merged.files);
    if (findings.length > 0) return fail("With what the server lists the policy would not load.", findings);
    writeFiles(merged.files);
    if (options.json) {
      const { listed: _, ...said } = answer;
      const { files, ...rest } = merged;
      const written = files.map(({ file }) => file);
      output.line(
        JSON.stringify({ ok: true, host: hostKey, server: serverKey, written, answer: said, ...rest }, null, 2),
      );
      return 0;
    }
    for (const line of summaryLines(target, answer, merged, output.colors)) output.line(line);
    const known = target.server?.value.url;
    if (endpoint.kind === "http" && known !== undefined && endpoint.url.href !== new URL(known).href) {
      output.note(visible(`The file keeps its address ${known}, which is not the one that was read.`));
    }
    if (merged.added.length + merged.changed.length > 0) output.note(reviewNote);
    return 0;
  } catch (error) {
    if (error instanceof TargetError) return fail("The server's files have findings.", error.findings);
    const known = [ServerUnreadError, MergeError, WriteError].some((type) => error instanceof type);
    if (!known || !(error instanceof Error)) throw error;
    return fail(error.message);
  }
}
