import fc from "fast-check";
import { expect, test } from "vitest";
import { AnswerReader, type ReadAnswer } from "./answer-reader.ts";

const body = fc.string({ maxLength: 600, unit: fc.constantFrom("a", "\r", "\n", "0") });
const withLength = body.map((text) => ({ text, wire: `Content-Length: ${text.length}\r\n\r\n${text}` }));
const chunked = fc.array(body.filter((text) => text !== "")).map((parts) => ({
  text: parts.join(""),
  wire: `transfer-encoding: chunked\r\n\r\n${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n\r\n`,
}));

test("answers are read whole, however they are cut on their way", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(withLength, chunked), { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
      (answers, cuts) => {
        const read: ReadAnswer[] = [];
        const reader = new AnswerReader((answer) => read.push(answer));
        let wire = Buffer.from(answers.map((answer) => `HTTP/1.1 200 OK\r\nx: 1\r\n${answer.wire}`).join(""), "latin1");
        for (let cut = 0; wire.length > 0; cut += 1) {
          const size = cuts[cut % cuts.length] ?? 1;
          reader.take(wire.subarray(0, size));
          wire = wire.subarray(size);
        }
        expect(read).toEqual(
          answers.map(({ text }) => ({ status: 200, bodyBytes: text.length, bodyStart: text.slice(0, 256) })),
        );
      },
    ),
  );
});

test("an answer that ends with its connection can't be told from one that was cut off", () => {
  const reader = new AnswerReader(() => undefined);
  expect(() => reader.take(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))).toThrow("without a length");
});
