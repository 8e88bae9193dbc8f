import { visible } from "@permit-mcp-gateway/policies/load";
import type { Block, ReportDocument, Section, Table } from "./document.ts";
import { reportStyle } from "./style.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Plain text of others as HTML that shows it, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** A word that is longer may be broken, so that a column is never wider than its table. */
const wordMax = 18;

/** A cell's text, with places where long words may be broken. They add nothing to what is copied. */
function breakable(text: string): string {
  const words = visible(text).split(/(\s+)/);
  return words
    .map((word) => {
      if (word.length <= wordMax) return escapeHtml(word);
      const parts = word.match(new RegExp(`[^@/._:-]{1,${wordMax}}[@/._:-]*|[@/._:-]{1,${wordMax}}`, "gu")) ?? [];
      return parts.map(escapeHtml).join("<wbr>");
    })
    .join("");
}

function table({ name, head, rows }: Table): string {
  const numbers = head.map((_, column) => rows.every((cells) => typeof cells[column] === "number"));
  const attribute = (column: number) => (numbers[column] === true ? ' class="number"' : "");
  const heads = head.map((text, column) => `<th scope="col"${attribute(column)}>${escapeHtml(text)}</th>`).join("");
  const body = rows.map((cells) => {
    const inner = cells.map((value, column) => {
      const text = typeof value === "number" ? value.toLocaleString("en-US") : breakable(value);
      return `<td${attribute(column)}>${text}</td>`;
    });
    return `<tr>${inner.join("")}</tr>`;
  });
  const made = [
    `<table class="${head.length > 5 ? "wide" : head.length > 3 ? "middle" : "narrow"}">`,
    `<caption>${escapeHtml(name)}</caption>`,
    `<thead><tr>${heads}</tr></thead>`,
    `<tbody>${body.join("\n")}</tbody>`,
    "</table>",
  ].join("\n");
  // What can be wider than a small screen is scrolled by itself, by keyboard too.
  if (head.length <= 2) return made;
  return `<div class="scroll" role="region" aria-label="${escapeHtml(name)}" tabindex="0">${made}</div>`;
}

/** Of a diff, each line by what it does. */
function codeLines(language: string, text: string): string {
  const lines = text.split("\n").map((line) => {
    const change = line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : undefined;
    const shown = escapeHtml(line);
    return language === "diff" && change !== undefined ? `<span class="${change}">${shown}</span>` : shown;
  });
  return `<pre><code>${lines.join("\n")}</code></pre>`;
}

function block(of: Block): string {
  switch (of.kind) {
    case "paragraph":
      return `<p>${escapeHtml(of.text)}</p>`;
    case "list":
      return `<ul>${of.items.map((item) => `<li>${escapeHtml(item)}</li>`).join("")}</ul>`;
    case "code":
      return codeLines(of.language, of.text);
    case "table":
      return table(of);
  }
}

const section = ({ heading, blocks, sections = [] }: Section, level: number): string =>
  [
    "<section>",
    `<h${level}>${escapeHtml(heading)}</h${level}>`,
    ...blocks.map(block),
    ...sections.map((inner) => section(inner, level + 1)),
    "</section>",
  ].join("\n");

/** The document as one HTML file that needs nothing else, and by its policy gets nothing else. */
export function renderHtml({ title, language, blocks, sections }: ReportDocument): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>
${reportStyle}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${[...blocks.map(block), ...sections.map((each) => section(each, 2))].join("\n")}
</main>
</body>
</html>
`;
}
