import { isSame, type PolicyDiff } from "../../src/diff/host-diff.ts";
import { accessSections } from "./access-section.ts";
import { policySections } from "./policy-sections.ts";
import type { HostReport } from "./report.ts";

/** The reports of the hosts that differ. */
export function hostReports({ hosts }: PolicyDiff): readonly HostReport[] {
  return hosts
    .filter((host) => !isSame(host))
    .map((found) => ({
      host: found.host,
      state: !found.present.before ? "new" : !found.present.after ? "gone" : "different",
      sections: [...accessSections(found), ...policySections(found)].filter(({ entries }) => entries.length > 0),
    }));
}
