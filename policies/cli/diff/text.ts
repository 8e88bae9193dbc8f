/** Text of a report, in which what comes from policy files and servers is kept apart from our own words. */
export type Text = readonly (string | { readonly value: string })[];

/**
 * Writes text: numbers and other text are ours, every other value is foreign, so that no renderer can forget to escape
 * it.
 */
export function say(strings: TemplateStringsArray, ...values: readonly (string | number | Text)[]): Text {
  return strings.flatMap((own, index) => {
    const value = values[index];
    if (value === undefined) return [own];
    if (typeof value === "object") return [own, ...value];
    return [own, typeof value === "number" ? String(value) : { value }];
  });
}

/** Our own words as text. */
export const own = (words: string): Text => [words];

/** `a, b, c and 7 more` */
export function some(items: readonly Text[], max: number): Text {
  // One more costs as little room as saying that there is one more.
  const shown = items.length <= max + 1 ? items : items.slice(0, max);
  const joined = shown.flatMap((item, index) => (index === 0 ? item : [", ", ...item]));
  return shown.length === items.length ? joined : say`${joined} and ${items.length - shown.length} more`;
}
