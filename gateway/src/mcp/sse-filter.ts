import { Transform } from "node:stream";
import { parseJson } from "./json-text.ts";
import { dataOf, eventCutter, fieldOf } from "./sse-events.ts";

/**
 * Applies `rewrite` to the JSON in the data of each server-sent event; comments and event names stay, ids become what
 * `rewriteId` makes of them, or nothing. Data that is not JSON, an event larger than 8 MB, and an error of `rewrite` end the
 * stream with an error.
 */
export function rewriteEvents(
  rewrite: (message: unknown) => Promise<unknown>,
  rewriteId: (id: string) => string | undefined = (id) => id,
): Transform {
  const cut = eventCutter();

  const rewritten = async (lines: readonly string[]): Promise<string> => {
    const event = lines.flatMap((line) => {
      const { name, value } = fieldOf(line);
      if (name !== "id") return [line];
      const id = rewriteId(value);
      return id === undefined ? [] : [`id: ${id}`];
    });
    const json = dataOf(event);
    // Servers send events with an id and empty data so that a client can resume from there.
    if (json.trim() === "") return `${event.join("\n")}\n\n`;
    const others = event.filter((line) => fieldOf(line).name !== "data");
    return `${[...others, `data: ${JSON.stringify(await rewrite(parseJson(json)))}`].join("\n")}\n\n`;
  };

  const take = async (chunk: Buffer): Promise<string> => {
    let output = "";
    for (const event of cut(chunk)) output += await rewritten(event);
    return output;
  };

  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      take(chunk).then(
        (output) => done(null, output),
        (error: unknown) => done(error as Error),
      );
    },
    flush: (done) => done(),
  });
}
