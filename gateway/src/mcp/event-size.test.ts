import fc from "fast-check";
import { expect, test } from "vitest";
import { eventSizer } from "./event-size.ts";

const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const line = fc.constantFrom("data: 1", "id:", ": é", "x", "y".repeat(31), "data: é".repeat(9));
const event = fc
  .tuple(fc.array(fc.tuple(line, lineEnd), { minLength: 1, maxLength: 4 }), lineEnd)
  .map(([lines, end]) => {
    const text = lines.map(([said, its]) => said + its).join("");
    // A CR and a LF are the one end of a line, and no blank line.
    return text + (text.endsWith("\r") && end === "\n" ? "\r" : end);
  });

test("an event is as large as it is, however it is cut and whatever ends its lines", () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 5 }), fc.array(fc.nat({ max: 50 })), (events, cuts) => {
      const bytes = Buffer.from(events.join(""));
      const measure = eventSizer();
      let largest = 0;
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        largest = Math.max(largest, measure(bytes.subarray(at, at + cut)));
        at += cut;
      }
      expect(largest).toBe(Math.max(...events.map((text) => Buffer.byteLength(text.replace(/\r\n$/, "\r")))));
    }),
    { numRuns: 2_000 },
  );
});

test("an event that goes on grows with each chunk", () => {
  const measure = eventSizer();
  const sizes = ["data: 1\n\nda", "ta: 2\r", "\n\r", "\n", "data: 3\n", "\n: x"].map((text) =>
    measure(Buffer.from(text)),
  );
  expect(sizes).toEqual([9, 8, 10, 0, 8, 9]);
});
