import { holdsOn } from "../decide.ts";
import type { Day, GrantModel, HostModel } from "../model.ts";
import type { GrantChange, GrantTerms, People } from "./host-diff.ts";

/** Human -> the grants that have not ended on the day, the highest ceiling first. Only humans who have one. */
export type Holding = ReadonlyMap<string, readonly GrantModel[]>;

/** The grants of a host that have not ended on a day, by server. */
export function holdingOn(host: HostModel, on: Day): ReadonlyMap<string, Holding> {
  const byServer = new Map<string, Map<string, GrantModel[]>>();
  for (const grant of host.grants) {
    if (!holdsOn(grant, on)) continue;
    const holding = byServer.get(grant.server) ?? new Map<string, GrantModel[]>();
    byServer.set(grant.server, holding);
    const before = holding.get(grant.human);
    if (before === undefined) holding.set(grant.human, [grant]);
    else before.push(grant);
  }
  return byServer;
}

function termsOf({ ceiling, until, consentDays }: GrantModel): GrantTerms {
  return { ceiling, until: until ?? null, consentDays: consentDays ?? null };
}

const isSame = (a: readonly GrantModel[], b: readonly GrantModel[]) =>
  a.length === b.length &&
  a.every(({ ceiling, until, consentDays }, index) => {
    const other = b[index];
    return ceiling === other?.ceiling && until === other.until && consentDays === other.consentDays;
  });

/** The humans whose grants on a server change, those together of whom the same holds before and after. */
export function grantChanges(
  server: string,
  base: Holding,
  head: Holding,
  peopleOf: (humans: readonly string[]) => People,
): readonly GrantChange[] {
  type Terms = Pick<GrantChange, "before" | "after">;
  const changes = new Map<string, Terms & { readonly humans: string[] }>();
  for (const human of new Set([...base.keys(), ...head.keys()])) {
    const [was, is] = [base.get(human) ?? [], head.get(human) ?? []];
    if (isSame(was, is)) continue;
    const terms = { before: was.map(termsOf), after: is.map(termsOf) };
    const key = JSON.stringify(terms);
    const change = changes.get(key);
    if (change === undefined) changes.set(key, { ...terms, humans: [human] });
    else change.humans.push(human);
  }
  return sortedByPeople(
    [...changes.values()].map((change) => ({ server, ...change })),
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
