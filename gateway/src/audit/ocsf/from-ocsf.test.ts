import fc from "fast-check";
import { expect, test } from "vitest";
import { anyLink, anyRecord } from "../../../testing/ocsf/any-record.ts";
import { exampleLink, exampleRecords } from "../../../testing/ocsf/example-records.ts";
import type { AuditRecord } from "../../deps/audit-records.ts";
import { fromOcsf } from "./from-ocsf.ts";
import { toOcsf } from "./to-ocsf.ts";

type Members = Record<string, unknown>;

const written = (record: AuditRecord) => JSON.parse(JSON.stringify(toOcsf(record, exampleLink))) as Members;

test("is the inverse of toOcsf", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(anyRecord, anyLink, (record, link) => {
      seen.add(record.event);
      expect(fromOcsf(JSON.parse(JSON.stringify(toOcsf(record, link))))).toEqual({ record, link });
    }),
    { numRuns: 1000 },
  );
  expect([...seen].toSorted()).toEqual(Object.keys(exampleRecords).toSorted());
});

test.each(Object.entries(exampleRecords))("%s comes back", (_, { full, bare }) => {
  for (const record of [full, bare]) expect(fromOcsf(written(record))).toEqual({ record, link: exampleLink });
});

test("a signature behind the chain's members, and members of another release, are of no concern", () => {
  const { full } = exampleRecords.log_checkpoint;
  const event = written(full);
  const signed = { ...event, unmapped: { ...(event.unmapped as Members), signature: "eyJ.x.y" }, osint: [] };
  expect(fromOcsf(signed)).toEqual({ record: full, link: exampleLink });
});

/** The paths of all members, `metadata.product.name` for example. */
function paths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([name, each]) => paths(each, [...path, name]))];
}

function withMember(event: Members, path: readonly string[], value: unknown): Members {
  const [name = "", ...rest] = path;
  return { ...event, [name]: rest.length === 0 ? value : withMember(event[name] as Members, rest, value) };
}

// What a reader gets is of the record's type whatever is stored, so what is not cannot be read.
test.each(Object.entries(exampleRecords))(
  "%s with a wrong value anywhere is none of ours, or loses nothing",
  (_, { full }) => {
    const event = written(full);
    const known = fromOcsf(event);
    expect(known).toBeDefined();
    for (const path of paths(event).slice(1)) {
      const read = fromOcsf(withMember(event, path, false));
      const isArguments = path[0] === "api" && path[2] === "data";
      if (read !== undefined && !isArguments) expect(read, path.join(".")).toEqual(known);
    }
  },
);

test.each<[string, unknown]>([
  ["product name", { metadata: { product: { name: "another-gateway" } } }],
  ["event", { metadata: { event_code: "toString" } }],
  ["event of another class", { metadata: { event_code: "sign_in" } }],
  ["class", { class_uid: 3002 }],
  ["decision", { action_id: 3 }],
  ["time that is none", { time: 9e15 }],
  ["level", { unmapped: { consent: "root" } }],
  ["more than one tool", { resources: [{ name: "a" }, { name: "b" }] }],
  ["tool without a name", { resources: [{}] }],
  ["place", { metadata: { sequence: 1.5 } }],
])("another %s is none of ours", (_, change) => {
  const event = written(exampleRecords.tool_call.full);
  expect(fromOcsf(event)).toBeDefined();
  expect(fromOcsf(merge(event, change))).toBeUndefined();
});

/** The value with the members of the change in the place of its own, at any depth. */
function merge(value: unknown, change: unknown): unknown {
  if (typeof change !== "object" || change === null || Array.isArray(change)) return change;
  const members = Object.entries(change).map(([name, each]) => [name, merge((value as Members)[name], each)]);
  return { ...(value as Members), ...Object.fromEntries(members) };
}

test.each([undefined, null, 5, "text", [], {}, { metadata: {} }])("%j is none of ours", (value) => {
  expect(fromOcsf(value)).toBeUndefined();
});
