/** Text from outside for a terminal: an escape sequence in a name could rewrite what stands there. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, "?");
}
