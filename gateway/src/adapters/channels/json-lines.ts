/** Messages over a byte stream: one line of JSON each (MCP transports, stdio). */
import type { Readable } from "node:stream";

/** A line that grows past this ends the stream: what can't be read whole can't be passed on. */
export const maxLineBytes = 8 * 1024 * 1024;

/** What readers of lines take for an end of one, beside the line feed: Node's `readline` and Python's `splitlines` do. */
const lineEnds = /[\u0085\u2028\u2029]/g;

/**
 * A message as one line, whoever reads it. JSON leaves these characters as they are in a text, and with one in an argument a
 * client could begin a line of its own: a call that nobody has decided on.
 */
export function lineOf(message: object): string {
  const escaped = (end: string) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(message).replaceAll(lineEnds, escaped)}\n`;
}

/** Thrown for a line that is too long. */
export class LineTooLongError extends Error {}

/**
 * The lines of a stream, without their ends, decoded. The stream is read no further than the reader asks for lines. What
 * is no UTF-8 has replacement characters. Throws LineTooLongError.
 */
export async function* linesOf(stream: Readable, maxBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer) => {
    bytes += part.length;
    if (bytes > maxBytes) throw new LineTooLongError(`a line is longer than ${maxBytes} bytes`);
    parts.push(part);
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, end));
      yield Buffer.concat(parts).toString("utf8").replace(/\r$/, "");
      parts = [];
      bytes = 0;
      from = end + 1;
    }
    take(chunk.subarray(from));
  }
  if (bytes > 0) yield Buffer.concat(parts).toString("utf8");
}
