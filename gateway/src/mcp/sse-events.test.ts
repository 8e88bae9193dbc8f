import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { eventCutter } from "./sse-events.ts";

/** Cuts the bytes at these places, and the events that come of it. */
function cutAt(bytes: Buffer, places: readonly number[]): string[][] {
  const cut = eventCutter();
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...ends].flatMap((from, index) => cut(bytes.subarray(from, ends[index] ?? bytes.length)));
}

const mark = "\uFEFF";
const piece = fc.constantFrom(
  "\n",
  "\r",
  "\r\n",
  "\n\n",
  "\r\r",
  "\r\n\r\n",
  "data:",
  ": ",
  "id: 7",
  "é",
  "€",
  "😀",
  mark,
);

test("wherever the stream is cut, its events are the same", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 40 }), (pieces, places) => {
      const bytes = Buffer.from(pieces.join(""));
      expect(cutAt(bytes, places)).toEqual(cutAt(bytes, []));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["LF", "\n"],
  ["CR", "\r"],
  ["CRLF", "\r\n"],
])("each byte by itself, with %s: lines, events, and no byte order mark", (_what, end) => {
  const lines = ["data: {é", "data:€😀}", "", ": x", "", "", "data: unended"];
  const bytes = Buffer.from(`${mark}${lines.join(end)}`);
  const every = Array.from(bytes, (_, index) => index);
  expect(cutAt(bytes, every)).toEqual([["data: {é", "data:€😀}"], [": x"], []]);
});

/** Characters that are read again and again: those that are split into lines. */
function splitCharsOf(run: () => void): number {
  let chars = 0;
  const split = RegExp.prototype[Symbol.split];
  const spy = vi.spyOn(RegExp.prototype, Symbol.split).mockImplementation(function (this: RegExp, text, limit) {
    chars += text.length;
    return split.call(this, text, limit);
  });
  try {
    run();
  } finally {
    spy.mockRestore();
  }
  return chars;
}

test("a line without end in small pieces is read once", () => {
  const cut = eventCutter();
  const bytes = 100_000;
  const chars = splitCharsOf(() => {
    for (let at = 0; at < bytes; at += 1) cut(Buffer.from("x"));
  });
  expect(chars).toBeGreaterThanOrEqual(bytes);
  expect(chars).toBeLessThanOrEqual(2 * bytes);
  expect(cut(Buffer.from("\n\n"))).toEqual([["x".repeat(bytes)]]);
});

test("an event has 8 MB, in which a line counts more than its text", () => {
  const limit = 8 * 1024 * 1024;
  const line = eventCutter();
  expect(line(Buffer.alloc(limit, "x"))).toEqual([]);
  expect(() => line(Buffer.from("x"))).toThrow("MCP server");
  const lines = eventCutter();
  const longest = Math.floor(limit / 65);
  expect(lines(Buffer.from("a\n".repeat(longest)))).toEqual([]);
  expect(() => lines(Buffer.from("a\n".repeat(2)))).toThrow("MCP server");
  // What counts is one event, not the stream.
  const events = eventCutter();
  const half = Buffer.from(`${"x".repeat(limit / 2)}\n\n`);
  for (let index = 0; index < 3; index += 1) expect(events(half)).toHaveLength(1);
});
