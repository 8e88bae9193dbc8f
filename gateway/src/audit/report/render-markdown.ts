import { visible } from "@permit-mcp-gateway/policies/load";
import type { Block, ReportDocument, Section } from "./document.ts";

/**
 * Plain text of others as Markdown that shows it (CommonMark section 2.4): nothing in it is markup or HTML, ends a cell of
 * a table, or becomes a link by itself (GFM section 6.9).
 */
export function escapeMarkdown(text: string): string {
  return (
    visible(text)
      .replaceAll(/[\\`*_[\]<>|~&$]/g, "\\$&")
      .replaceAll(/(?<=https?|ftp|mailto|xmpp):/gi, "\\:")
      .replaceAll(/(?<=www)\./gi, "\\.")
      // What begins a line could be a heading, a list or a quotation.
      .replace(/^(\s*)([-+=#]|\d+(?=[.)]))/, (_, space: string, mark: string) =>
        /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`,
      )
  );
}

/** A fence that the text does not end. */
function fenced(language: string, text: string): string {
  const lines = text.split("\n").map(visible);
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map(({ length }) => length)));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...lines, fence].join("\n");
}

const cell = (value: string | number) => escapeMarkdown(String(value)).trim() || " ";
const row = (cells: readonly (string | number)[]) => `| ${cells.map(cell).join(" | ")} |`;

function block(of: Block): string {
  switch (of.kind) {
    case "paragraph":
      return escapeMarkdown(of.text);
    case "list":
      return of.items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");
    case "code":
      return fenced(of.language, of.text);
    case "table": {
      const numbers = of.head.map((_, column) => of.rows.every((cells) => typeof cells[column] === "number"));
      const rule = `| ${numbers.map((right) => (right ? "--:" : "---")).join(" | ")} |`;
      return [row(of.head), rule, ...of.rows.map(row)].join("\n");
    }
  }
}

const section = ({ heading, blocks, sections = [] }: Section, level: number): readonly string[] => [
  `${"#".repeat(level)} ${escapeMarkdown(heading)}`,
  ...blocks.map(block),
  ...sections.flatMap((inner) => section(inner, level + 1)),
];

/** The document as Markdown (CommonMark with the tables of GFM). */
export function renderMarkdown({ title, blocks, sections }: ReportDocument): string {
  return `${section({ heading: title, blocks, sections }, 1).join("\n\n")}\n`;
}
