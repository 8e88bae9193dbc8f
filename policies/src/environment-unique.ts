import type { Diagnostic } from "./diagnostic.ts";
import type { HostModel } from "./model.ts";

/**
 * Hosts that are the same Permit environment, the second and every further one. Each would undo what the others
 * provision, and humans of one would hold roles on the other. A check across hosts, so not one of the `rules`.
 */
export function findSharedEnvironments(hosts: readonly HostModel[]): readonly Diagnostic[] {
  const first = new Map<string, string>();
  return hosts.flatMap(({ key, permit, source }) => {
    const environment = `${permit.project}/${permit.environment}`;
    const other = first.get(environment);
    first.set(environment, other ?? key);
    if (other === undefined) return [];
    const message = `The Permit environment ${JSON.stringify(environment)} is the host ${JSON.stringify(other)} already.`;
    return [
      { code: "environment-unique", ...source, message, hint: "give each host an environment of its own" },
    ] as const;
  });
}
