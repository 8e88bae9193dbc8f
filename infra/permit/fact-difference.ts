/** What to take away and what to give, to turn the facts that are there into the wanted ones. */
export interface FactDifference<Actual, Wanted> {
  readonly surplus: readonly Actual[];
  readonly missing: readonly Wanted[];
}

/** Compares two lists of facts by a text that identifies each. */
export function compareFacts<Identity, Actual extends Identity, Wanted extends Identity>(
  actual: readonly Actual[],
  wanted: readonly Wanted[],
  identity: (fact: Identity) => string,
): FactDifference<Actual, Wanted> {
  const there = new Set(actual.map(identity));
  const asked = new Set(wanted.map(identity));
  return {
    surplus: actual.filter((fact) => !asked.has(identity(fact))),
    missing: wanted.filter((fact) => !there.has(identity(fact))),
  };
}

const namedMax = 5;

/** The first few items and how many more there are: a summary stays readable with ten thousand humans. */
export function summarize(items: readonly string[]): string {
  const named = items.slice(0, namedMax).join(", ");
  return items.length <= namedMax ? named : `${named} and ${items.length - namedMax} more`;
}
