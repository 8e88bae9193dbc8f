/** A place in a JSON value: property names and indexes from the outside in. */
export type JsonPath = readonly (string | number)[];

interface Frame {
  /** Names so far; null in an array. */
  readonly names: Set<string> | null;
  /** The name or index of what comes next. */
  at: string | number;
  /** Whether the next string is a name. */
  name: boolean;
}

interface Token {
  readonly path: JsonPath;
  readonly line: number;
  readonly repeated: boolean;
}

const pieces = /"(?:[^"\\]|\\.)*"|[{}[\],]|[^\s{}[\],:"]+|\n/g;

/** Every value of a valid JSON text with the place and the line of its beginning, and every repeated name. */
function* walk(text: string): Generator<Token> {
  const frames: Frame[] = [];
  let line = 1;
  const token = (repeated: boolean): Token => ({ path: frames.map(({ at }) => at), line, repeated });
  for (const [piece] of text.matchAll(pieces)) {
    const frame = frames.at(-1);
    if (piece === "\n") line += 1;
    else if (piece === "}" || piece === "]") frames.pop();
    else if (piece === ",") {
      if (frame?.names === null) frame.at = Number(frame.at) + 1;
      else if (frame !== undefined) frame.name = true;
    } else if (frame?.names && frame.name && piece !== "{" && piece !== "[") {
      frame.at = JSON.parse(piece) as string;
      frame.name = false;
      if (frame.names.has(frame.at)) yield token(true);
      frame.names.add(frame.at);
    } else {
      yield token(false);
      if (piece === "{") frames.push({ names: new Set(), at: "", name: true });
      if (piece === "[") frames.push({ names: null, at: 0, name: false });
    }
  }
}

/**
 * The first name that an object has twice: parsers take one or the other, so that what was reviewed would not be what is
 * read. The text must be valid JSON.
 */
export function findRepeatedName(text: string): JsonPath | null {
  for (const { path, repeated } of walk(text)) if (repeated) return path;
  return null;
}

/** The line, from 1, where the value at `path` begins, or as much of the path as there is. The text must be valid JSON. */
export function lineOf(text: string, path: JsonPath): number {
  let found = 1;
  let depth = 0;
  for (const { path: here, line } of walk(text)) {
    if (here.length <= depth || here.length > path.length) continue;
    if (!here.every((part, index) => part === path[index])) continue;
    found = line;
    depth = here.length;
    if (depth === path.length) break;
  }
  return found;
}
