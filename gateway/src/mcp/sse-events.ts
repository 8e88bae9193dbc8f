import { StringDecoder } from "node:string_decoder";
import { GatewayError } from "../errors.ts";

/** An event that grows past this ends the stream: what can't be read whole can't be looked at. */
const maxEventChars = 8 * 1024 * 1024;
/** What a line takes beside its text. */
const lineChars = 64;

/** True when a stream that has sent this last is between two events: after the blank line that ends one. */
export function endsEvent(text: string): boolean {
  return /(?:\n\n|\r\r|\r\n\r\n)$/.test(text);
}

/** Name and value of a line of a server-sent event. */
export function fieldOf(line: string): { name: string; value: string } {
  const colon = line.indexOf(":");
  if (colon === -1) return { name: line, value: "" };
  const value = line.slice(colon + 1);
  return { name: line.slice(0, colon), value: value.startsWith(" ") ? value.slice(1) : value };
}

/** The data of an event, its lines put together; empty when it has none. */
export function dataOf(lines: readonly string[]): string {
  const data = lines.map(fieldOf).filter(({ name }) => name === "data");
  return data.map(({ value }) => value).join("\n");
}

/** Text that comes in pieces. Put together once: adding each to what came before would read that again every time. */
function pieces(): { add(piece: string): void; take(): string } {
  const smallMax = 1024;
  let large: string[] = [];
  let small: string[] = [];
  return {
    add: (piece) => {
      if (piece === "") return;
      small.push(piece);
      if (small.length < smallMax) return;
      large.push(small.join(""));
      small = [];
    },
    take: () => {
      if (large.length === 0 && small.length <= 1) return small.pop() ?? "";
      const text = [...large, ...small].join("");
      large = [];
      small = [];
      return text;
    },
  };
}

/**
 * Cuts a stream into its server-sent events (HTML standard, event stream interpretation): to be called with each chunk,
 * returns the events that it ends, as lines. An event without its blank line is none: the standard has readers drop it.
 * Throws GatewayError UPSTREAM_UNAVAILABLE past 8 MB for one event, in which each line counts 64 bytes more.
 */
export function eventCutter(): (chunk: Buffer) => string[][] {
  const decoder = new StringDecoder("utf8");
  const line = pieces();
  let lines: string[] = [];
  let chars = 0;
  let started = false;
  let isAfterReturn = false;
  return (chunk) => {
    let input = decoder.write(chunk);
    if (input === "") return [];
    // A byte order mark at the very start is not part of the first field's name.
    if (!started && input.startsWith("\uFEFF")) input = input.slice(1);
    started = true;
    // The second half of a CRLF ends no line.
    if (isAfterReturn && input.startsWith("\n")) input = input.slice(1);
    isAfterReturn = input.endsWith("\r");
    const [first = "", ...rest] = input.split(/\r\n|\n|\r/);
    line.add(first);
    chars += first.length;
    const events: string[][] = [];
    for (const next of rest) {
      const whole = line.take();
      if (whole === "") {
        events.push(lines);
        lines = [];
        chars = 0;
      } else {
        lines.push(whole);
        chars += lineChars;
      }
      line.add(next);
      chars += next.length;
    }
    if (chars > maxEventChars) throw new GatewayError("UPSTREAM_UNAVAILABLE");
    return events;
  };
}
