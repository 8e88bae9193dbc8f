/** How large the events of a stream are, measured as they pass. */
import { byteFinder } from "./byte-finder.ts";

const lineFeed = 10;
const carriageReturn = 13;
/** After so many bytes of a line its end is looked for at once: that costs more than looking at a few bytes. */
const shortLineBytes = 32;

/**
 * To be called with each chunk of a stream, returns the size in bytes of the largest event that the chunk belongs to, as far
 * as that has come. An event begins where the one before ends, whichever of LF, CR and CRLF end its lines (HTML standard,
 * parsing an event stream); the LF of a CRLF that ends one counts to neither.
 */
export function eventSizer(): (chunk: Uint8Array) => number {
  let bytes = 0;
  let atLineStart = false;
  let afterReturn = false;
  return (chunk) => {
    const { length } = chunk;
    const returnFrom = byteFinder(chunk, carriageReturn);
    let largest = 0;
    let from = 0;
    let inLine = 0;
    // Variables of this function alone: they are written for every byte.
    let [isStart, isAfterReturn] = [atLineStart, afterReturn];
    for (let at = 0; at < length; at += 1) {
      const byte = chunk[at];
      if (byte !== lineFeed && byte !== carriageReturn) {
        isStart = false;
        isAfterReturn = false;
        inLine += 1;
        if (inLine < shortLineBytes) continue;
        inLine = 0;
        const feed = chunk.indexOf(lineFeed, at + 1);
        at = Math.min(feed === -1 ? length : feed, returnFrom(at + 1)) - 1;
        continue;
      }
      inLine = 0;
      const isSecondHalf = byte === lineFeed && isAfterReturn;
      isAfterReturn = byte === carriageReturn;
      if (isSecondHalf) {
        // Of the end of an event, which the CR before has ended already.
        if (bytes === 0 && from === at) from = at + 1;
        continue;
      }
      if (isStart) {
        largest = Math.max(largest, bytes + at + 1 - from);
        bytes = 0;
        from = at + 1;
      }
      isStart = true;
    }
    [atLineStart, afterReturn] = [isStart, isAfterReturn];
    bytes += length - from;
    return Math.max(largest, bytes);
  };
}
