/** A difference as a reader goes through it; terminal and pull request show the same. */
import type { Text } from "./text.ts";

/** How an entry weighs: `more` access or less security, `danger` where that reaches what destroys, or less. */
export type Weight = "danger" | "more" | "less" | "other";

export interface Entry {
  readonly weight: Weight;
  readonly line: Text;
  readonly details: readonly Text[];
  /** A comparison of longer texts, as lines that begin with `+`, `-` or a space; foreign text. */
  readonly comparison?: readonly string[];
}

export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

export interface HostReport {
  readonly host: string;
  readonly state: "new" | "gone" | "different";
  /** None is empty. */
  readonly sections: readonly Section[];
}

const weights: readonly Weight[] = ["danger", "more", "other", "less"];

/** The heaviest first; equals stay in their order. */
export function heaviestFirst(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => weights.indexOf(a.weight) - weights.indexOf(b.weight));
}
