/** `gateway/AUDIT-EVENTS.md` says what is written. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toOcsf } from "../../src/audit/ocsf/to-ocsf.ts";
import type { AuditRecord } from "../../src/deps/audit-records.ts";
import { documentWithExamples, exampleEvent } from "./document-examples.ts";
import { exampleLink, exampleRecords } from "./example-records.ts";

const document = readFileSync(new URL("../../AUDIT-EVENTS.md", import.meta.url), "utf8");
const events = Object.keys(exampleRecords) as AuditRecord["event"][];

/** Title -> what is below it, up to the next heading of any level. */
const sections = new Map(
  document.split(/^##+ /m).map((section) => {
    const [title = "", ...lines] = section.split("\n");
    return [title.replaceAll("`", ""), lines.join("\n")] as const;
  }),
);
const titles = [...sections.keys()];
const textOf = (title: string) => sections.get(title) ?? "";

/** The section of the class, which stands above the event's. */
function sectionAbove(event: string): string {
  const before = titles.slice(0, titles.indexOf(event));
  return before.findLast((title) => !(events as readonly string[]).includes(title)) ?? "";
}

/** The paths in the column "OCSF" of the tables of a text. */
function listedPaths(text: string): string[] {
  const cells = text.split("\n").map((line) => line.split(" | ")[1] ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path));
}

/** The paths of an event's values. Arguments are the caller's own, so they end there. */
function pathsOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => pathsOf(each, `${path}[]`));
  if (typeof value !== "object" || value === null || path === "api.request.data") return [path];
  return Object.entries(value).flatMap(([name, each]) => pathsOf(each, path === "" ? name : `${path}.${name}`));
}

/** Everything that an event can have: of what is known and what is not, and of the endings that say more. */
function allPaths(event: AuditRecord["event"]): string[] {
  const { full, bare } = exampleRecords[event];
  const cancelled = { ...full, ...(event === "call_result" ? { outcome: "cancelled" } : {}) } as AuditRecord;
  const lines = [full, bare, cancelled].map((record) => JSON.stringify(toOcsf(record, exampleLink)));
  return [...new Set(lines.flatMap((line) => pathsOf(JSON.parse(line))))];
}

test("the examples are what toOcsf gives (`node gateway/testing/ocsf/write-examples.ts`)", () => {
  expect(document).toBe(documentWithExamples(document));
});

test.each(events)("the example of %s, read as JSON, is what toOcsf gives", (event) => {
  const [, json = ""] = /```json\n([^`]*)```/.exec(textOf(event)) ?? [];
  expect(JSON.parse(json)).toEqual(exampleEvent(event));
});

test.each(events)("the tables for %s list each of its fields", (event) => {
  const tables = [textOf("In every event"), textOf(sectionAbove(event)), textOf(event)];
  const listed = new Set(tables.flatMap(listedPaths));
  expect(allPaths(event).filter((path) => !listed.has(path))).toEqual([]);
});

test("the tables list no field that no event of theirs has", () => {
  for (const title of titles) {
    const own = events.filter((event) => title === event || title === sectionAbove(event));
    const has = new Set((title === "In every event" ? events : own).flatMap(allPaths));
    if (has.size > 0)
      expect(
        listedPaths(textOf(title)).filter((path) => !has.has(path)),
        title,
      ).toEqual([]);
  }
  expect(events.every((event) => titles.includes(event))).toBe(true);
});

test("the table of classes has each event, once, with its class and type", () => {
  const rows = textOf("Classes")
    .split("\n")
    .map((line) => line.split(" | ").map((cell) => cell.trim()))
    .filter(([name]) => name?.startsWith("| `"));
  expect(rows.map(([name]) => name?.replaceAll(/[`| ]/g, ""))).toEqual(events);
  for (const [index, event] of events.entries()) {
    const { class_uid, type_uid } = toOcsf(exampleRecords[event].full, exampleLink);
    const bare = toOcsf(exampleRecords[event].bare, exampleLink);
    const [, className, types] = rows[index] ?? [];
    expect(className).toMatch(new RegExp(`, ${class_uid}$`));
    expect(types).toContain(String(type_uid));
    expect(types).toContain(String(bare.type_uid));
  }
});
