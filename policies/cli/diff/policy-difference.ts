import { diffHosts } from "../../src/diff/diff-hosts.ts";
import { verdictOf } from "../../src/diff/findings.ts";
import type { Day, HostModel } from "../../src/model.ts";
import { hostReports } from "./host-reports.ts";
import { renderTerminal } from "./render-terminal.ts";

/** What `policy diff` prints of two policies, without colours: the verdict, and all that differs. */
export function policyDifference(base: readonly HostModel[], head: readonly HostModel[], on: Day): readonly string[] {
  const diff = diffHosts(base, head, on);
  return renderTerminal(verdictOf(diff), hostReports(diff), false);
}
