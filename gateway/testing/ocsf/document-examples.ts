/** The examples of `gateway/AUDIT-EVENTS.md`, as `toOcsf` writes them. */
import { toOcsf } from "../../src/audit/ocsf/to-ocsf.ts";
import type { AuditRecord } from "../../src/deps/audit-records.ts";
import { exampleLink, exampleRecords } from "./example-records.ts";

const lineWidth = 120;

/** JSON on one line, with spaces where the formatter of this repository has them. */
function onOneLine(json: unknown): string {
  if (Array.isArray(json)) return `[${json.map(onOneLine).join(", ")}]`;
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  const members = Object.entries(json).map(([name, each]) => `${JSON.stringify(name)}: ${onOneLine(each)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** JSON with a line for each member of what does not fit on one. */
function printed(json: unknown, indent = ""): string {
  const line = onOneLine(json);
  if (typeof json !== "object" || json === null || indent.length + line.length <= lineWidth) return line;
  const inner = `${indent}  `;
  const members = Array.isArray(json)
    ? json.map((each) => printed(each, inner))
    : Object.entries(json).map(([name, each]) => `${JSON.stringify(name)}: ${printed(each, inner)}`);
  const [open, close] = Array.isArray(json) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${members.map((member) => inner + member).join(",\n")}\n${indent}${close}`;
}

/** The event that the document shows for a code, as it comes back from JSON. */
export function exampleEvent(event: AuditRecord["event"]): unknown {
  return JSON.parse(JSON.stringify(toOcsf(exampleRecords[event].full, exampleLink)));
}

/** The document with the example below each event's heading made anew. Throws when a heading or its example is gone. */
export function documentWithExamples(document: string): string {
  let text = document;
  for (const event of Object.keys(exampleRecords) as AuditRecord["event"][]) {
    const heading = `\n### \`${event}\`\n`;
    const start = text.indexOf("\n```json\n", text.indexOf(heading));
    const end = text.indexOf("```\n", start + 5);
    const next = text.indexOf("\n### ", text.indexOf(heading) + heading.length);
    if (!text.includes(heading) || start === -1 || end === -1 || (next !== -1 && end > next))
      throw new Error(`AUDIT-EVENTS.md has no example below the heading of ${event}.`);
    text = `${text.slice(0, start)}\n\`\`\`json\n${printed(exampleEvent(event))}\n${text.slice(end)}`;
  }
  return text;
}
