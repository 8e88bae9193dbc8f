// The distance is quadratic in the length, and the words come from files that may be hostile.
const lengthMax = 64;

/** Levenshtein distance: how many characters must be added, removed or replaced to get from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The candidate that `word` is most likely a misspelling of; the first one on a tie. Undefined when none is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > lengthMax) return undefined;
  const distanceMax = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    if (candidate.length > lengthMax) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= distanceMax && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { candidate, distance };
  }
  return best?.candidate;
}

/** A hint: `did you mean "issues"?` when something is near, else `otherwise`. */
export function didYouMean(word: string, candidates: readonly string[], otherwise: string): string {
  const near = closest(word, candidates);
  return near === undefined ? otherwise : `did you mean ${JSON.stringify(near)}?`;
}

/** `"a", "b"` for a hint, the first ten; `none` when there is none. */
export function listed(words: readonly string[]): string {
  if (words.length === 0) return "none";
  const shown = words.slice(0, 10).map((word) => JSON.stringify(word));
  return words.length > 10 ? `${shown.join(", ")} and ${words.length - 10} more` : shown.join(", ");
}
