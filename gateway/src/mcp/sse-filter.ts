import { Transform } from "node:stream";
import { GatewayError } from "../errors.ts";
import { isTooDeep, parseJson } from "./json-text.ts";
import { dataOf, eventCutter, fieldOf } from "./sse-events.ts";

/** What is nested deeper than is passed on can't be written again: that takes a level of the stack for each of its own. */
export function tooDeep(): GatewayError {
  const sentence = "The MCP server's answer is nested too deeply to be read. It may have taken effect.";
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence });
}

/** Other characters end a line for some readers (U+2028, U+0085), so what follows them could be an event of its own. */
const lineEnds = /[\u0085\u2028\u2029]/g;
const isPlain = (line: string): boolean => /^[\t\x20-\x7e]*$/.test(line);
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * Applies `rewrite` to the JSON in the data of each server-sent event, which does not pass where the outcome is undefined.
 * Comments and event names stay, ids and reconnection times become what `rewriteField` makes of them, or nothing; lines that
 * no reader knows go, because one that passes over a byte order mark would know them. Data that is not JSON, an event larger
 * than 8 MB, and an error of `rewrite` end the stream with an error.
 */
export function rewriteEvents(
  rewrite: (message: unknown) => Promise<unknown>,
  rewriteField: (name: "id" | "retry", value: string) => string | undefined = (_name, value) => value,
): Transform {
  const cut = eventCutter();

  const fieldLines = (line: string): string[] => {
    const { name, value } = fieldOf(line);
    if (name === "data") return [line];
    if (!isPlain(line) || !["", "event", "id", "retry"].includes(name)) return [];
    if (name !== "id" && name !== "retry") return [line];
    const kept = rewriteField(name, value);
    return kept === undefined ? [] : [`${name}: ${kept}`];
  };
  const rewritten = async (lines: readonly string[]): Promise<string> => {
    const event = lines.flatMap(fieldLines);
    const json = dataOf(event);
    // Servers send events with an id and empty data so that a client can resume from there.
    if (json.trim() === "") return `${event.join("\n")}\n\n`;
    const said = parseJson(json);
    if (isTooDeep(said)) throw tooDeep();
    const message = await rewrite(said);
    if (message === undefined) return "";
    const others = event.filter((line) => fieldOf(line).name !== "data");
    const data = JSON.stringify(message).replace(lineEnds, escaped);
    return `${[...others, `data: ${data}`].join("\n")}\n\n`;
  };

  const take = async (chunk: Buffer): Promise<string> => {
    let output = "";
    for (const event of cut(chunk)) output += await rewritten(event);
    return output;
  };

  const output = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      take(chunk).then(
        (output) => done(null, output),
        (error: unknown) => done(error as Error),
      );
    },
    flush: (done) => done(),
  });
  // Nobody may be listening yet, because other answers are waited for: an error must not end the process.
  return output.on("error", () => undefined);
}
