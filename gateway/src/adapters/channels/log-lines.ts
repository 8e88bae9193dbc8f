/** The lines of a log that nobody promises anything of: whatever comes is read to its end. */
import type { Readable } from "node:stream";

/** A line, as far as it was kept. */
export interface LogLine {
  readonly text: string;
  /** True when it was longer. */
  readonly cut: boolean;
}

/** The lines of a stream, without their ends, decoded. Of a longer one the first `maxBytes` are kept, the rest is read and dropped. */
export async function* logLinesOf(stream: Readable, maxBytes: number): AsyncGenerator<LogLine> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer) => {
    const kept = part.subarray(0, Math.max(0, maxBytes - bytes));
    bytes += part.length;
    if (kept.length > 0) parts.push(kept);
  };
  const line = (): LogLine => {
    const text = Buffer.concat(parts).toString("utf8").replace(/\r$/, "");
    const cut = bytes > maxBytes;
    parts = [];
    bytes = 0;
    return { text, cut };
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, end));
      yield line();
      from = end + 1;
    }
    take(chunk.subarray(from));
  }
  if (bytes > 0) yield line();
}
