import { Transform } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { GatewayError } from "../errors.ts";
import { parseJson } from "./json-text.ts";

/** An event that grows past this ends the stream: what can't be read whole can't be filtered. */
const maxEventChars = 8 * 1024 * 1024;

function fieldOf(line: string): { name: string; value: string } {
  const colon = line.indexOf(":");
  if (colon === -1) return { name: line, value: "" };
  const value = line.slice(colon + 1);
  return { name: line.slice(0, colon), value: value.startsWith(" ") ? value.slice(1) : value };
}

/**
 * Applies `rewrite` to the JSON in the data of each server-sent event (HTML standard, event stream interpretation);
 * comments and event names stay, ids become what `rewriteId` makes of them, or nothing. Data that is not JSON, and an error
 * of `rewrite`, end the stream with an error.
 */
export function rewriteEvents(
  rewrite: (message: unknown) => Promise<unknown>,
  rewriteId: (id: string) => string | undefined = (id) => id,
): Transform {
  const decoder = new StringDecoder("utf8");
  let text = "";
  let lines: string[] = [];
  let chars = 0;
  let started = false;

  const finish = async (): Promise<string> => {
    const event = lines.flatMap((line) => {
      const { name, value } = fieldOf(line);
      if (name !== "id") return [line];
      const id = rewriteId(value);
      return id === undefined ? [] : [`id: ${id}`];
    });
    lines = [];
    chars = 0;
    const data = event.filter((line) => fieldOf(line).name === "data");
    const json = data.map((line) => fieldOf(line).value).join("\n");
    // Servers send events with an id and empty data so that a client can resume from there.
    if (json.trim() === "") return `${event.join("\n")}\n\n`;
    const others = event.filter((line) => fieldOf(line).name !== "data");
    return `${[...others, `data: ${JSON.stringify(await rewrite(parseJson(json)))}`].join("\n")}\n\n`;
  };

  const take = async (input: string): Promise<string> => {
    // A lone CR ends a line too, so one at the very end waits for what comes next: it may be half of a CRLF.
    const complete = (text + input).split(/\r\n|\n|\r(?!$)/);
    text = complete.pop() ?? "";
    let output = "";
    for (const line of complete) {
      chars += line.length;
      if (line === "") output += await finish();
      else lines.push(line);
    }
    if (chars + text.length > maxEventChars) throw new GatewayError("UPSTREAM_UNAVAILABLE");
    return output;
  };

  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      let input = decoder.write(chunk);
      // A byte order mark at the very start is not part of the first field's name.
      if (!started && input !== "") {
        started = true;
        input = input.replace(/^\uFEFF/, "");
      }
      take(input).then(
        (output) => done(null, output),
        (error: unknown) => done(error as Error),
      );
    },
    // An event without its blank line is no event: the standard has readers drop it.
    flush: (done) => done(),
  });
}
