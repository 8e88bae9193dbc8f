import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RpcId } from "./json-rpc.ts";
import { responseScanner } from "./response-scanner.ts";

/** Whether the text, cut into pieces of so many bytes, answers another request than `id`. */
function answersOther(text: string, id: RpcId | undefined, pieceBytes = text.length): boolean {
  const scanner = responseScanner(id);
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += pieceBytes) scanner.take(bytes.subarray(from, from + pieceBytes));
  return scanner.end();
}

const other: readonly [string, string][] = [
  ["a result", '{"jsonrpc":"2.0","id":2,"result":{}}'],
  ["an error", '{"id":2,"error":{"code":1}}'],
  ["the id after a long result", `{"result":{"text":"${"x\\n\\"}".repeat(50)}"},"id":2}`],
  ["the same id of another type", '{"id":"1","result":{}}'],
  ["an id that is no number of today", '{"id":1e400,"result":{}}'],
  ["an id that is an object", '{"id":{"a":1},"result":{}}'],
  ["an id that begins like the request's", '{"id":12,"result":{}}'],
  ["a long id", `{"id":"${"x".repeat(500)}","result":{}}`],
  ["a key in escapes", '{"\\u0069d":2,"\\u0072\\u0065\\u0073\\u0075\\u006c\\u0074":{}}'],
  ["another spelling of a key", '{"id":1,"ID":2,"result":{}}'],
  ["another spelling of result", '{"id":2,"Reſult":{}}'],
  ["two ids, the request's last", '{"id":2,"result":{},"id":1}'],
  ["two ids, the request's first", '{"id":1,"result":{},"id":2}'],
  ["a method beside it", '{"method":"ping","id":2,"result":{}}'],
  ["an element of an array", '[{"id":1,"result":{}},{"id":2,"result":{}}]'],
  ["white space everywhere", '\n {\t"id" :\r\n 2 , "result" : [ ] } '],
];
const own: readonly [string, string][] = [
  ["the answer", '{"jsonrpc":"2.0","id":1,"result":{"id":2,"result":{"id":2}}}'],
  ["the answer in an array", '[{"id":1,"result":{}}]'],
  ["text that looks like another answer", '{"id":1,"result":{"text":"\\"},\\"id\\":2,\\"result\\":{}"}}'],
  ["values that look like keys", '{"id":1,"result":["id",2],"x":"id"}'],
  ["an error about no request", '{"id":null,"error":{}}'],
  ["an error without an id", '{"error":{}}'],
  ["a request of the server", '{"id":2,"method":"roots/list","params":{"result":1}}'],
  ["a notification", '{"method":"notifications/message","params":{"error":1}}'],
  ["what is no message", '"id"'],
  ["what is no JSON", 'xxxx "result": } ] , {'],
];

describe.each([1, 2, 7, 1_000])("in pieces of %i bytes", (pieceBytes) => {
  test.each(other)("answers another request: %s", (_what, text) => {
    expect(answersOther(text, 1, pieceBytes)).toBe(true);
  });
  test.each(own)("answers no other request: %s", (_what, text) => {
    expect(answersOther(text, 1, pieceBytes)).toBe(false);
  });
});

test("whoever asked nothing gets no answer, and the next text is looked at by itself", () => {
  expect(answersOther('{"id":1,"result":{}}', undefined)).toBe(true);
  expect(answersOther('{"id":1,"method":"ping"}', undefined)).toBe(false);
  const scanner = responseScanner(1);
  scanner.take(Buffer.from('{"id":2,"result":"'));
  expect(scanner.end()).toBe(false);
  scanner.take(Buffer.from('{"id":1,"result":{}}'));
  expect(scanner.end()).toBe(false);
  expect(scanner.take(Buffer.from('{"id":2,"result":{}}'))).toBe(true);
  expect(scanner.end()).toBe(true);
});

test("any JSON: the same as a parser says", () => {
  const id = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.string(), fc.constant(null));
  const message = fc.record(
    { id, method: fc.string(), result: fc.jsonValue(), error: fc.jsonValue(), x: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const isOther = (each: { id?: unknown; result?: unknown; error?: unknown }) =>
    ("result" in each || "error" in each) && (each.id ?? null) !== null && each.id !== 1;
  const texts = fc.oneof(message, fc.array(message, { maxLength: 3 }));
  fc.assert(
    fc.property(texts, fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 50 }), (json, spaces, pieceBytes) => {
      const expected = Array.isArray(json) ? json.some(isOther) : isOther(json);
      expect(answersOther(JSON.stringify(json, null, spaces), 1, pieceBytes)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
