import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { didYouMean, listed } from "../src/did-you-mean.ts";
import { listHosts } from "../src/load.ts";
import { UsageError } from "./command.ts";

/** The options of every command that reads hosts, and their help. */
export const hostOptions = { policies: { type: "string" }, host: { type: "string" } } as const;

/** The folder of the hosts: what `--policies` says, or this project's, as it is seen from here. */
export function policiesFolder(option: string | undefined): string {
  if (option !== undefined) return option;
  const own = relative(process.cwd(), fileURLToPath(new URL("../hosts", import.meta.url)));
  return own === "" ? "." : own;
}

/**
 * The hosts of a folder, or the one named. Never none, because "nothing looked at" must not pass for "nothing found".
 * Throws UsageError.
 */
export function chooseHosts(policies: string, host: string | undefined) {
  const all = listHosts(policies);
  if (all === undefined) throw new UsageError(`There is no folder ${JSON.stringify(policies)}.`);
  const chosen = host === undefined ? all : all.filter(({ key }) => key === host);
  if (chosen.length > 0) return chosen;
  const keys = all.map(({ key }) => key);
  if (host === undefined) throw new UsageError(`The folder ${JSON.stringify(policies)} has no host in it.`);
  const hint = didYouMean(host, keys, `the hosts are ${listed(keys)}`);
  throw new UsageError(`There is no host ${JSON.stringify(host)} (${hint}).`);
}
