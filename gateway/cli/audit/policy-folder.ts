/** The policy that a report is compared with. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { dayOf, holdsOn } from "@permit-mcp-gateway/policies";
import { UsageError } from "@permit-mcp-gateway/policies/cli/command";
import { loadHost, printDiagnostic, severityOf } from "@permit-mcp-gateway/policies/load";
import { policyChange } from "../../src/audit/report/grant-edits.ts";
import type { UnusedPart } from "../../src/audit/report/report-data.ts";
import type { ServerUse } from "../../src/audit/report/tally-calls.ts";
import { unusedGrants } from "../../src/audit/report/unused-grants.ts";

/** A folder that can be read, or a sentence that says why there is none. */
export type PolicyFolder = Extract<ReturnType<typeof load>, { ok: true }> | { readonly missing: string };

const hosts = fileURLToPath(new URL("../../../policies/hosts", import.meta.url));
const howTo =
  "To list what the policy grants and nobody used, make the report with --policy and the folder of the host's policy, for example --policy policies/hosts/demo.";

function load(folder: string) {
  const loaded = loadHost(folder);
  return loaded.ok ? { ...loaded, folder } : loaded;
}

const errorsOf = ({ diagnostics }: ReturnType<typeof load>) =>
  diagnostics.filter(({ code }) => severityOf(code) === "error").map(printDiagnostic);

/**
 * The folder that `--policy` names, else that of HOST_KEY in this project. Throws UsageError when one that was named can't be
 * loaded; one that nobody named may be missing.
 */
export function readPolicyFolder(option: string | undefined, hostKey: string | undefined): PolicyFolder {
  if (option !== undefined) {
    const loaded = load(option);
    if (loaded.ok) return loaded;
    throw new UsageError(`The policy in ${option} can't be read:\n${errorsOf(loaded).join("\n")}`);
  }
  if (hostKey === undefined || !/^[\w-]+$/.test(hostKey)) return { missing: howTo };
  const folder = relative(process.cwd(), join(hosts, hostKey));
  const loaded = load(folder);
  if (loaded.ok) return loaded;
  return { missing: `The policy in ${folder}, the folder of HOST_KEY, can't be read. ${howTo}` };
}

/** What the policy grants now and was not used. Throws UsageError when the log is of another host. */
export function unusedPart(
  policy: PolicyFolder,
  uses: readonly ServerUse[],
  logs: readonly string[],
  now: Date,
): UnusedPart {
  if ("missing" in policy) return policy;
  const { host, lines, folder } = policy;
  if (logs.length > 0 && !logs.includes(host.key)) {
    throw new UsageError(`The policy in ${folder} is that of ${host.key}, and the log is of ${logs.join(", ")}.`);
  }
  const on = dayOf(now);
  const pairs = new Set(
    host.grants.filter((grant) => holdsOn(grant, on)).map(({ human, server }) => `${server} ${human}`),
  );
  const unused = unusedGrants(host, uses, on);
  const change = policyChange(lines.grantsFile, readFileSync(lines.grantsFile, "utf8"), unused);
  return { folder, ceilings: pairs.size, unused, change };
}
