/** Follows the events of a stream as its bytes pass, and keeps none of them. */
import { byteFinder } from "./byte-finder.ts";

const [lineFeed, carriageReturn, colon] = [0x0a, 0x0d, 0x3a] as const;
const byteOrderMark = [0xef, 0xbb, 0xbf] as const;
const longestName = "data".length;

/** Reads the data of events. */
export interface DataReader {
  /** The next bytes, without line ends: to JSON they mean nothing. */
  take(bytes: Uint8Array): unknown;
  /** The event is whole: true when it must not be passed on. */
  end(): boolean;
}

export interface EventScanner {
  /** True within an event, false between two. */
  readonly isWithin: boolean;
  /** True once an event had an id. */
  readonly hasId: boolean;
  /**
   * Looks at the next chunk. Returns where in it the first event begins that must not be passed on, 0 for one that began
   * earlier; the chunk's length when there is none. Nothing is to be scanned after such an event.
   */
  next(chunk: Uint8Array): number;
}

/** An event ends with its blank line, whichever of LF, CR and CRLF end its lines (HTML standard, parsing an event stream). */
export function eventScanner(data: DataReader): EventScanner {
  let isWithin = false;
  let hasId = false;
  let isAfterReturn = false;
  let markBytes = 0;
  let isLineEmpty = true;
  let name = "";
  let kind: "unknown" | "data" | "other" = "unknown";

  const takeLine = (chunk: Uint8Array, start: number, end: number) => {
    let from = start;
    // A byte order mark at the very start is not part of the first field's name.
    while (markBytes < byteOrderMark.length && from < end) {
      const isMark = chunk[from] === byteOrderMark[markBytes];
      markBytes = isMark ? markBytes + 1 : byteOrderMark.length;
      if (isMark) from += 1;
    }
    if (from === end) return;
    isLineEmpty = false;
    isWithin = true;
    for (; kind === "unknown" && from < end; from += 1) {
      const byte = chunk[from] as number;
      if (byte === colon) {
        kind = name === "data" ? "data" : "other";
        hasId ||= name === "id";
      } else if (name.length === longestName) kind = "other";
      else name += String.fromCharCode(byte);
    }
    if (kind === "data" && from < end) data.take(chunk.subarray(from, end));
  };

  return {
    get isWithin() {
      return isWithin;
    },
    get hasId() {
      return hasId;
    },
    next: (chunk) => {
      const { length } = chunk;
      const feedFrom = byteFinder(chunk, lineFeed);
      const returnFrom = byteFinder(chunk, carriageReturn);
      let eventFrom = 0;
      let at = 0;
      if (length > 0) {
        // The second half of a CRLF ends no line.
        if (isAfterReturn && chunk[0] === lineFeed) at = 1;
        if (!isWithin) eventFrom = at;
        isAfterReturn = false;
      }
      while (at < length) {
        const end = Math.min(feedFrom(at), returnFrom(at));
        takeLine(chunk, at, end);
        if (end === length) break;
        at = end + 1;
        if (chunk[end] === carriageReturn) {
          if (at === length) isAfterReturn = true;
          else if (chunk[at] === lineFeed) at += 1;
        }
        if (isLineEmpty) {
          if (data.end()) return eventFrom;
          isWithin = false;
          eventFrom = at;
        }
        markBytes = byteOrderMark.length;
        isLineEmpty = true;
        name = "";
        kind = "unknown";
      }
      return length;
    },
  };
}
