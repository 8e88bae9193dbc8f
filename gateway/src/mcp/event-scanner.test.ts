import fc from "fast-check";
import { expect, test } from "vitest";
import { eventScanner } from "./event-scanner.ts";
import { dataOf, eventCutter } from "./sse-events.ts";

/** The data of each event, as the scanner has it of pieces of these sizes. */
function scanned(bytes: Buffer, sizes: readonly number[]) {
  const found: string[] = [];
  let parts: Buffer[] = [];
  const scanner = eventScanner({
    take: (part) => parts.push(Buffer.from(part)),
    end: () => {
      found.push(Buffer.concat(parts).toString());
      parts = [];
      return false;
    },
  });
  for (let from = 0, index = 0; from < bytes.length; index += 1) {
    const chunk = bytes.subarray(from, from + (sizes[index % sizes.length] ?? bytes.length));
    expect(scanner.next(chunk)).toBe(chunk.length);
    from += chunk.length;
  }
  return { found, isWithin: scanner.isWithin, hasId: scanner.hasId };
}

const pieces = ["\n", "\r", "\r\n", "\n\n", "\r\r", "data:", "data: ", "data", "id:", "id", ": ", "é", "😀", "\uFEFF"];
const joined = (text: string) => text.replaceAll(/[\n ]/g, "");

test("wherever the stream is cut, the data of its events is what a reader has of it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 }),
      (parts, sizes) => {
        const bytes = Buffer.from(parts.join(""));
        const events = eventCutter()(bytes);
        const { found, hasId } = scanned(bytes, sizes);
        expect(found.map(joined)).toEqual(events.map((lines) => joined(dataOf(lines))));
        if (events.flat().some((line) => line.startsWith("id:"))) expect(hasId).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("says whether it is between two events, and whether there was an id", () => {
  const state = (text: string) => {
    const { isWithin, hasId } = scanned(Buffer.from(text), [1]);
    return [isWithin, hasId];
  };
  expect(state("")).toEqual([false, false]);
  expect(state("data: id:\n")).toEqual([true, false]);
  expect(state("data: x\r\n\r\n")).toEqual([false, false]);
  expect(state("id: 1\r\r")).toEqual([false, true]);
  expect(state(": x\n\nd")).toEqual([true, false]);
});

test("where the event begins that is not passed on", () => {
  let events = 0;
  const scanner = eventScanner({
    take: () => undefined,
    end: () => {
      events += 1;
      return events === 3;
    },
  });
  const first = ": one\r\n\r\n: two\r\n\r";
  expect(scanner.next(Buffer.from(first))).toBe(first.length);
  expect(scanner.next(Buffer.from("\n: three\n\n: four\n\n"))).toBe(1);
  const begun = eventScanner({ take: () => undefined, end: () => true });
  expect(begun.next(Buffer.from("data:"))).toBe(5);
  expect(begun.next(Buffer.from(" x\n\n"))).toBe(0);
});
