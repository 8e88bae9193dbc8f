import type { Level } from "../../src/consent/contract.ts";

/** The three trust levels, lowest first. */
export const levels = ["low", "medium", "high"] as const satisfies readonly Level[];

/** What a level means to the human who grants it. */
export const levelWords: Record<Level, { readonly name: string; readonly meaning: string }> = {
  low: { name: "Read", meaning: "It may look things up and change nothing." },
  medium: { name: "Write", meaning: "It may also create and change things." },
  high: { name: "Destructive", meaning: "It may also delete things, without asking you again." },
};

/** The levels under this one, lowest first. */
export function levelsBelow(level: Level): readonly Level[] {
  return levels.slice(0, levels.indexOf(level));
}

/** The lower of two. */
export function lowerOf(one: Level, other: Level): Level {
  return levels.indexOf(one) < levels.indexOf(other) ? one : other;
}

/** True when `level` is enough for `needed`. Only for display: the policy decides. A level unknown here is never enough. */
export function reaches(level: Level, needed: Level): boolean {
  const position = levels.indexOf(needed);
  return position >= 0 && levels.indexOf(level) >= position;
}
