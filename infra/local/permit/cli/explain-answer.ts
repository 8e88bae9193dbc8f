import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { type JsonPath, lineOf } from "../exchange/json-text.ts";

const problemsSchema = z.object({
  detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string() })),
});
const refusalSchema = z.object({ message: z.string() });

/** A refusal in lines for a terminal: `FILE:LINE: place: what is wrong` for what is wrong with a file. */
export function explainAnswer(
  status: number,
  body: string,
  source?: { readonly file: string; readonly text: string },
): string {
  const value = readJson(body);
  const invalid = problemsSchema.safeParse(value);
  if (invalid.success && source !== undefined) {
    const lines = invalid.data.detail.map(({ loc, msg }) => {
      const path = loc.slice(1);
      const place = path.length === 0 ? "" : `${path.join(".")}: `;
      return `${source.file}:${placeIn(source.text, path)}: ${place}${msg}`;
    });
    return printable([...lines, "Nothing was changed."].join("\n"));
  }
  const refusal = refusalSchema.safeParse(value);
  return printable(refusal.success ? refusal.data.message : `The answer was ${status}: ${body.slice(0, 500)}`);
}

function placeIn(text: string, path: JsonPath): number {
  return readJson(text) === undefined ? 1 : lineOf(text, path);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a file says comes back in messages, and a terminal obeys what it is sent. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/(?!\n)\p{Cc}/gu, "?");
}
