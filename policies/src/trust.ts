/** The three trust levels, lowest first. A level includes every lower one. */
export const trustLevels = ["low", "medium", "high"] as const;

/** How much harm a tool can do (read, write, destroy), and how far a ceiling or a consent reaches. */
export type TrustLevel = (typeof trustLevels)[number];

const ranks: Readonly<Record<TrustLevel, number>> = { low: 0, medium: 1, high: 2 };

/** Position of a level in the order low (0), medium (1), high (2). */
export function trustRank(level: TrustLevel): number {
  return ranks[level];
}

/** True when `level` reaches `needed`: the rule by which a tool call is allowed. */
export function reaches(level: TrustLevel, needed: TrustLevel): boolean {
  return trustRank(level) >= trustRank(needed);
}

/** The levels up to and including `level`, lowest first. */
export function levelsUpTo(level: TrustLevel): readonly TrustLevel[] {
  return trustLevels.slice(0, trustRank(level) + 1);
}

/** The levels from `level` to high, lowest first. */
export function levelsFrom(level: TrustLevel): readonly TrustLevel[] {
  return trustLevels.slice(trustRank(level));
}

/** Effective trust: the lower of what the admin set (ceiling) and what the human granted (consent). */
export function effectiveTrust(ceiling: TrustLevel, consent: TrustLevel): TrustLevel {
  return trustRank(ceiling) <= trustRank(consent) ? ceiling : consent;
}
