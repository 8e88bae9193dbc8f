/** What every row has of its own: there is nothing to share. */
const ownParts = new Set(["id", "email"]);

const nothing: object = Object.freeze({});

/**
 * Reads stored rows as JSON and lets equal strings be one string: times, roles, tenants, references and keys repeat
 * from row to row, and each copy would stay in memory as long as its row.
 */
export class RowReader {
  readonly #known = new Map<string, string>();

  read(text: string): object {
    const row = JSON.parse(text) as Record<string, unknown>;
    for (const [name, value] of Object.entries(row)) {
      if (typeof value === "string") {
        if (!ownParts.has(name)) row[name] = this.#share(value);
      } else if (name === "attributes" && isEmpty(value)) row[name] = nothing;
    }
    return row;
  }

  #share(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, text);
    return text;
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
