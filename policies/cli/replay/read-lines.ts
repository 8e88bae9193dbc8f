import { StringDecoder } from "node:string_decoder";

/** Longer lines are no audit records. Without a limit one line could fill the memory. */
export const lineLengthMax = 1024 * 1024;

/** A line and its number, 1-based; undefined where it is longer than `lineLengthMax` characters. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string | undefined;
}

/** The lines of UTF-8 text, read as they come: no more than one of them is held. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<NumberedLine> {
  const decoder = new StringDecoder("utf8");
  let number = 0;
  let rest = "";
  let isLong = false;
  const line = (text: string): NumberedLine => {
    number += 1;
    const found = { number, text: isLong || text.length > lineLengthMax ? undefined : text.replace(/\r$/, "") };
    isLong = false;
    return found;
  };
  for await (const chunk of chunks) {
    const [first = "", ...others] = decoder.write(chunk).split("\n");
    rest += first;
    for (const other of others) {
      yield line(rest);
      rest = other;
    }
    if (rest.length > lineLengthMax) {
      isLong = true;
      rest = "";
    }
  }
  rest += decoder.end();
  if (rest !== "" || isLong) yield line(rest);
}
