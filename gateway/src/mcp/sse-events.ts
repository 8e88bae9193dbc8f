import { StringDecoder } from "node:string_decoder";
import { GatewayError } from "../errors.ts";

/** An event that grows past this ends the stream: what can't be read whole can't be looked at. */
const maxEventChars = 8 * 1024 * 1024;

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

/**
 * Cuts a stream into its server-sent events (HTML standard, event stream interpretation): to be called with each chunk,
 * returns the events that it ends, as lines. An event without its blank line is none: the standard has readers drop it.
 * Throws GatewayError UPSTREAM_UNAVAILABLE past 8 MB for one event.
 */
export function eventCutter(): (chunk: Buffer) => string[][] {
  const decoder = new StringDecoder("utf8");
  let text = "";
  let lines: string[] = [];
  let chars = 0;
  let started = false;
  return (chunk) => {
    let input = decoder.write(chunk);
    // A byte order mark at the very start is not part of the first field's name.
    if (!started && input !== "") {
      started = true;
      input = input.replace(/^\uFEFF/, "");
    }
    // A lone CR ends a line too, so one at the very end waits for what comes next: it may be half of a CRLF.
    const complete = (text + input).split(/\r\n|\n|\r(?!$)/);
    text = complete.pop() ?? "";
    const events: string[][] = [];
    for (const line of complete) {
      chars += line.length;
      if (line !== "") {
        lines.push(line);
        continue;
      }
      events.push(lines);
      lines = [];
      chars = 0;
    }
    if (chars + text.length > maxEventChars) throw new GatewayError("UPSTREAM_UNAVAILABLE");
    return events;
  };
}
