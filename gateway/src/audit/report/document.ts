/** A document that is written as Markdown or as HTML. All texts are plain: the writers escape them. */

/** A table. Its head is never empty, and each row has as many cells as it. */
export interface Table {
  readonly kind: "table";
  /** What it is a table of, for people who hear it. */
  readonly name: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export type Block =
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] }
  /** Text as it is to be typed or applied. */
  | { readonly kind: "code"; readonly language: string; readonly text: string }
  | Table;

/** A part with a heading. */
export interface Section {
  readonly heading: string;
  readonly blocks: readonly Block[];
  readonly sections?: readonly Section[];
}

export interface ReportDocument {
  readonly title: string;
  /** BCP 47. */
  readonly language: "en";
  readonly blocks: readonly Block[];
  readonly sections: readonly Section[];
}

/** A paragraph. */
export const paragraph = (text: string): Block => ({ kind: "paragraph", text });

/** A table, or a sentence where it has no rows. */
export function tableOr(nothing: string, name: string, head: readonly string[], rows: Table["rows"]): Block {
  return rows.length === 0 ? paragraph(nothing) : { kind: "table", name, head, rows };
}
