import { dynamicServersKey } from "../permit-keys.ts";
import { trustRank } from "../trust.ts";
import { counted, type Finding, type FindingKind, people } from "./finding.ts";
import type { GrantChange, GrantTerms, HostDiff, ToolAccess } from "./host-diff.ts";

/** Distinct humans and tools of calls that have something in common. One address is one person, on every host. */
class Tally {
  readonly humans = new Set<string>();
  readonly tools = new Set<string>();
  add(host: string, server: string, humans: readonly string[], tool?: string): void {
    for (const human of humans) this.humans.add(human);
    if (tool !== undefined) this.tools.add(JSON.stringify([host, server, tool]));
  }
}

const isHigh = ({ trust }: ToolAccess) => trust.before === "high" || trust.after === "high";
const lowerConsent = ({ before, after }: ToolAccess) =>
  before !== null && after !== null && trustRank(after.consent) < trustRank(before.consent);

/** Highest ceiling that these grants give right after `day`; null: right now. */
function rankAfter(terms: readonly GrantTerms[], day: string | null): number {
  const holds = terms.find(({ until }) => day === null || until === null || until > day);
  return holds === undefined ? -1 : trustRank(holds.ceiling);
}

/** The ranks of the ceilings that are higher on a later day than before, for humans who don't have it today. */
function higherLater({ before, after }: GrantChange): readonly number[] {
  if (rankAfter(after, null) > rankAfter(before, null)) return [];
  const ends = [...before, ...after].flatMap(({ until }) => until ?? []);
  return ends
    .map((end) => [rankAfter(before, end), rankAfter(after, end)] as const)
    .flatMap(([was, is]) => (is > was ? is : []));
}

/** Who gains and who loses calls: of tools of trust high, of others, and what is taken away. */
export function accessFindings(
  hosts: readonly HostDiff[],
): Readonly<Record<"high" | "other" | "loss", readonly Finding[]>> {
  const gained = { high: new Tally(), other: new Tally() };
  const easier = { high: new Tally(), other: new Tally() };
  const later = { high: new Tally(), other: new Tally() };
  const lost = new Tally();
  const waits = new Tally();
  const dynamic = { high: new Tally(), other: new Tally(), lost: new Tally() };
  for (const { host, access, grants } of hosts) {
    for (const {
      server,
      people: { humans },
      tools,
    } of access) {
      if (server === dynamicServersKey) {
        const gains = tools.filter(({ before }) => before === null);
        if (gains.length > 0) dynamic[gains.some(isHigh) ? "high" : "other"].add(host, server, humans);
        else if (tools.some(({ after }) => after === null)) dynamic.lost.add(host, server, humans);
      }
      for (const tool of tools) {
        // Told above: whose tools they will be nobody knows yet.
        if (server === dynamicServersKey && (tool.before === null || tool.after === null)) continue;
        const weight = isHigh(tool) ? "high" : "other";
        if (tool.before === null) gained[weight].add(host, server, humans, tool.tool);
        if (tool.after === null) lost.add(host, server, humans, tool.tool);
        if (lowerConsent(tool)) easier[weight].add(host, server, humans, tool.tool);
        if (tool.before?.approval === false && tool.after?.approval === true)
          waits.add(host, server, humans, tool.tool);
      }
    }
    for (const change of grants) {
      const ranks = higherLater(change);
      if (ranks.length === 0) continue;
      later[ranks.includes(trustRank("high")) ? "high" : "other"].add(host, change.server, change.people.humans);
    }
  }
  const gains = (weight: "high" | "other"): readonly Finding[] => {
    const kinds: readonly FindingKind[] = weight === "high" ? ["destructive-gain", "gain"] : ["gain"];
    const tools = (number: number) =>
      weight === "high"
        ? counted(number, "destructive tool")
        : counted(number, gained.high.tools.size > 0 ? "other tool" : "tool");
    const found: Finding[] = [];
    const [g, e, l] = [gained[weight], easier[weight], later[weight]];
    if (g.tools.size > 0) found.push({ kinds, text: `+${people(g.humans.size)} can call ${tools(g.tools.size)}` });
    const own = dynamic[weight].humans.size;
    if (own > 0) {
      const limit = weight === "high" ? " with destructive tools" : "";
      found.push({ kinds, text: `+${people(own)} may connect servers of their own${limit}` });
    }
    if (e.tools.size > 0) {
      found.push({
        kinds,
        text: `agents of ${people(e.humans.size)} can call ${tools(e.tools.size)} with a lower consent`,
      });
    }
    if (l.humans.size > 0) {
      const what = weight === "high" ? "a high ceiling" : "their ceiling";
      found.push({ kinds, text: `${people(l.humans.size)} will have ${what} for longer` });
    }
    return found;
  };
  const losses: Finding[] = [];
  if (lost.tools.size > 0) {
    const text = `${people(lost.humans.size)} can no longer call ${counted(lost.tools.size, "tool")}`;
    losses.push({ kinds: ["loss"], text: `-${text}` });
  }
  if (dynamic.lost.humans.size > 0) {
    const text = `-${people(dynamic.lost.humans.size)} may use servers of their own less, or no longer`;
    losses.push({ kinds: ["loss"], text });
  }
  if (waits.tools.size > 0)
    losses.push({ kinds: [], text: `calls of ${counted(waits.tools.size, "tool")} now wait for an approval` });
  return { high: gains("high"), other: gains("other"), loss: losses };
}
