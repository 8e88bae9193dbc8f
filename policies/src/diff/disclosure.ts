import type { Finding } from "./finding.ts";
import type { SettingChange, ToolChange } from "./host-diff.ts";
import { showsMore } from "./tools.ts";

function settingShowsMore({ setting, after, effect }: SettingChange): boolean {
  if (setting === "audit.redact") return effect === "loosens" || effect === "differs";
  // A server that says nothing any more and tightens by it has what its host says, which the change does not tell.
  return setting === "audit.arguments" && effect === "tightens" && (after === "full" || after === null);
}

/** That records hold what they did not: whoever reads them, wherever they are shipped to, sees it. */
export function disclosureFindings(
  tools: readonly ToolChange[],
  settings: readonly SettingChange[],
): readonly Finding[] {
  if (!settings.some(settingShowsMore) && !tools.some(showsMore)) return [];
  return [{ kinds: ["disclosure"], text: "audit records hold more of the arguments of calls" }];
}
