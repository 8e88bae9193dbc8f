/** How often a header came; `rawHeaders` are name, value, name, value, as Node has them. In `headers` two lines may be one value. */
export function countLines(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((each, at) => at % 2 === 0 && each.toLowerCase() === name).length;
}
