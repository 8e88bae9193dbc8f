import type { HostModel } from "../model.ts";
import type { People } from "./host-diff.ts";

/** The groups of a host: how many members each has, and in which a human is. */
interface Groups {
  readonly sizes: ReadonlyMap<string, number>;
  readonly of: ReadonlyMap<string, readonly string[]>;
}

function groupsOf(host: HostModel): Groups {
  const sizes = new Map<string, number>();
  for (const { groups } of host.humans) for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return { sizes, of: new Map(host.humans.map(({ email, groups }) => [email, groups])) };
}

/** The members of every group that is among `humans` as a whole. */
function wholeGroups(humans: readonly string[], groups: Groups): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const human of humans) {
    for (const group of groups.of.get(human) ?? []) {
      const members = found.get(group);
      if (members === undefined) found.set(group, [human]);
      else members.push(human);
    }
  }
  return new Map([...found].filter(([name, members]) => members.length === groups.sizes.get(name)));
}

/**
 * Names sets of humans by the groups that they are made of, so that a report has a line where a group moves and not one
 * for each member. A group counts with the members that it had or with those it has, whichever moved as a whole. A group
 * of one is its human: the address says more.
 */
export function peopleOf(base: HostModel, head: HostModel): (humans: readonly string[]) => People {
  const [before, after] = [groupsOf(base), groupsOf(head)];
  return (humans) => {
    const whole = new Map<string, Set<string>>();
    for (const groups of [before, after]) {
      for (const [name, members] of wholeGroups(humans, groups)) {
        const known = whole.get(name) ?? new Set();
        whole.set(name, known);
        for (const member of members) known.add(member);
      }
    }
    const largestFirst = [...whole]
      .filter(([, members]) => members.size > 1)
      .toSorted(([a, x], [b, y]) => y.size - x.size || (a < b ? -1 : 1));
    const covered = new Set<string>();
    const groups = largestFirst.flatMap(([name, members]) => {
      if ([...members].every((member) => covered.has(member))) return [];
      for (const member of members) covered.add(member);
      return [{ name, members: members.size }];
    });
    return { humans, groups, others: humans.filter((human) => !covered.has(human)) };
  };
}
