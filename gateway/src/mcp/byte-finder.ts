/** The place of the next `byte` from a place on, the end where there is none. Looked for once and not again for each place. */
export function byteFinder(bytes: Uint8Array, byte: number): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found < from) {
      found = bytes.indexOf(byte, from);
      if (found === -1) found = bytes.length;
    }
    return found;
  };
}
