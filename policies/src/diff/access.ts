import type { ServerModel, ToolModel } from "../model.ts";
import { reaches, type TrustLevel, trustRank } from "../trust.ts";
import { type Holding, sortedByPeople } from "./grants.ts";
import type { AccessChange, CallTerms, People, ToolAccess } from "./host-diff.ts";

/** One of the policies: the server, when it has it, and the grants on it that have not ended. */
export interface Side {
  readonly server: ServerModel | undefined;
  readonly holding: Holding;
}

/** What `decide` says of a tool to humans with this ceiling, whatever their agents' consents. */
function callTerms(tool: ToolModel | undefined, ceiling: TrustLevel | null): CallTerms | null {
  if (tool === undefined || !tool.enabled || ceiling === null || !reaches(ceiling, tool.trust)) return null;
  return { consent: tool.trust, approval: tool.approval.length > 0 };
}

function toolAccess(
  base: Side,
  head: Side,
  before: TrustLevel | null,
  after: TrustLevel | null,
): readonly ToolAccess[] {
  const toolsOf = ({ server }: Side) => new Map(server?.tools.map((tool) => [tool.name, tool]));
  const [was, is] = [toolsOf(base), toolsOf(head)];
  return [...new Set([...was.keys(), ...is.keys()])].toSorted().flatMap((name) => {
    const tools = [was.get(name), is.get(name)] as const;
    const change = { before: callTerms(tools[0], before), after: callTerms(tools[1], after) };
    const same = change.before?.consent === change.after?.consent && change.before?.approval === change.after?.approval;
    if (same) return [];
    return [{ tool: name, trust: { before: tools[0]?.trust ?? null, after: tools[1]?.trust ?? null }, ...change }];
  });
}

const classKey = (ceiling: TrustLevel | null) => (ceiling === null ? 3 : trustRank(ceiling));

/**
 * Who gains and who loses which tools of a server on a day. Access depends on the human by nothing but the ceiling, so
 * humans with equal ceilings before and after are one class, and a server has sixteen of them at most.
 */
export function accessChanges(
  key: string,
  base: Side,
  head: Side,
  peopleOf: (humans: readonly string[]) => People,
): readonly AccessChange[] {
  const classes = new Map<number, { humans: string[]; before: TrustLevel | null; after: TrustLevel | null }>();
  for (const human of new Set([...base.holding.keys(), ...head.holding.keys()])) {
    // Every grant here holds on the day, so the first has the ceiling of the day.
    const before = base.holding.get(human)?.[0]?.ceiling ?? null;
    const after = head.holding.get(human)?.[0]?.ceiling ?? null;
    const pair = classKey(before) * 4 + classKey(after);
    const known = classes.get(pair);
    if (known === undefined) classes.set(pair, { humans: [human], before, after });
    else known.humans.push(human);
  }
  const changes = [...classes.values()].flatMap(({ humans, before, after }) => {
    const tools = toolAccess(base, head, before, after);
    return tools.length === 0 ? [] : [{ server: key, humans, before, after, tools }];
  });
  return sortedByPeople(changes, peopleOf);
}
