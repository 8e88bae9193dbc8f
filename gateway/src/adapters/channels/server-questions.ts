/** Requests of a server that wait for the client's answer: nothing else is taken for one. */

/** Of an id, as JSON: it is kept until the client answers, and the server chooses it. */
const maxIdChars = 256;

/** The id as a key; undefined for what is none (MCP: a text or a number), and for one that is too long. */
function keyOf(id: unknown): string | undefined {
  const isText = typeof id === "string";
  if (isText && id.length > maxIdChars) return undefined;
  const json = JSON.stringify(id);
  // Numbers that a double can't hold are objects here, see `parseJson`; their JSON is one all the same.
  return (isText || /^-?\d/.test(json)) && json.length <= maxIdChars ? json : undefined;
}

export class ServerQuestions {
  readonly #max: number;
  readonly #open = new Set<string>();

  /** At most `max` can be open. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Notes a question. `full`: there are too many; `invalid`: the id is none that could be kept, or sent back. */
  add(id: unknown): "added" | "full" | "invalid" {
    const key = keyOf(id);
    if (key === undefined) return "invalid";
    if (this.#open.size >= this.#max) return "full";
    this.#open.add(key);
    return "added";
  }

  /** True, once, for the id of a question that is open. */
  answer(id: unknown): boolean {
    const key = keyOf(id);
    return key !== undefined && this.#open.delete(key);
  }
}
