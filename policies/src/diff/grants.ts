import { holdsOn } from "../decide.ts";
import type { Day, GrantModel, HostModel } from "../model.ts";
import type { GrantChange, GrantTerms, People } from "./host-diff.ts";

/** Human -> the grants that have not ended on the day, the highest ceiling first. */
export type Holding = ReadonlyMap<string, readonly GrantTerms[]>;

/** Of one host, by server, and only humans who have one. */
export function holdingOn(host: HostModel, on: Day): ReadonlyMap<string, Holding> {
  const byServer = new Map<string, Map<string, GrantTerms[]>>();
  for (const grant of host.grants) {
    if (!holdsOn(grant, on)) continue;
    const holding = byServer.get(grant.server) ?? new Map<string, GrantTerms[]>();
    byServer.set(grant.server, holding);
    const before = holding.get(grant.human);
    if (before === undefined) holding.set(grant.human, [termsOf(grant)]);
    else before.push(termsOf(grant));
  }
  return byServer;
}

function termsOf({ ceiling, until, consentDays }: GrantModel): GrantTerms {
  return { ceiling, until: until ?? null, consentDays: consentDays ?? null };
}

const textOf = (terms: readonly GrantTerms[]) =>
  terms.map(({ ceiling, until, consentDays }) => `${ceiling} ${until} ${consentDays}`).join();

/** The humans whose grants on a server change, those together of whom the same holds before and after. */
export function grantChanges(
  server: string,
  base: Holding,
  head: Holding,
  peopleOf: (humans: readonly string[]) => People,
): readonly GrantChange[] {
  const changes = new Map<string, { humans: string[]; before: readonly GrantTerms[]; after: readonly GrantTerms[] }>();
  for (const human of new Set([...base.keys(), ...head.keys()])) {
    const [before, after] = [base.get(human) ?? [], head.get(human) ?? []];
    const [was, is] = [textOf(before), textOf(after)];
    if (was === is) continue;
    const change = changes.get(`${was}|${is}`);
    if (change === undefined) changes.set(`${was}|${is}`, { humans: [human], before, after });
    else change.humans.push(human);
  }
  return sortedByPeople(
    [...changes.values()].map(({ humans, ...terms }) => ({ server, humans, ...terms })),
    peopleOf,
  );
}

/** Names the humans, and sorts by the first of them: no human is in two of the changes. */
export function sortedByPeople<T extends { readonly humans: readonly string[] }>(
  changes: readonly T[],
  peopleOf: (humans: readonly string[]) => People,
): readonly (Omit<T, "humans"> & { readonly people: People })[] {
  return changes
    .map(({ humans, ...change }) => ({ ...change, people: peopleOf(humans.toSorted()) }))
    .toSorted((a, b) => ((a.people.humans[0] ?? "") < (b.people.humans[0] ?? "") ? -1 : 1));
}
