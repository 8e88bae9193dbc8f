import { expect, test } from "vitest";
import { parseJson } from "../json-text.ts";
import { createSessionSeal } from "../session-seal.ts";
import { fromServer } from "./server-messages.ts";
import { progressTokens, taggedEventId, untaggedEventId } from "./tags.ts";

const seal = createSessionSeal("a secret of the tests");
const agent = { clientId: "client-a", email: "alice@example.com", server: "wiki" };
const progress = progressTokens(seal, agent, "session");
const pass = (message: string, answers?: string | number) =>
  fromServer({ server: "wiki", answers, progress }, parseJson(message));

test.each([
  ["the same text", "a", '"a"', true],
  ["the same number", 1, "1", true],
  ["the same number, as some servers write it", 1, "1.0", true],
  ["another number", 1, "1.5", false],
  ["the digits of the number", 1, '"1"', false],
  ["the number of the digits", "1", "1", false],
  ["no answer's", undefined, "1", false],
])("an answer with an id that is %s", (_, answers, id, passes) => {
  const passed = pass(`{"jsonrpc":"2.0","id":${id},"result":{}}`, answers);
  expect(passed).toEqual(passes ? { jsonrpc: "2.0", id: answers, result: {} } : undefined);
});

test.each([
  ['{"id":1,"ID":"other","method":"ping","Method":"x"}', { id: "wiki__1", method: "ping" }],
  ['{"id":null,"method":"ping"}', undefined],
  ['{"id":1.5,"method":"ping"}', undefined],
  ['{"method":"notifications/cancelled","params":{"requestid":1,"requestId":2}}', "wiki__2"],
  ['{"method":"notifications/cancelled","params":{"requestid":1}}', undefined],
  ['{"id":1,"method":"ping","result":{}}', undefined],
  ['[[{"id":1,"method":"ping"}]]', undefined],
  ['"text"', undefined],
])("%s", (message, expected) => {
  const passed = pass(message, 1);
  if (typeof expected === "string") expect(passed).toMatchObject({ params: { requestId: expected } });
  else expect(passed).toEqual(expected && { jsonrpc: "2.0", ...expected });
});

test("a progress token is opened for its server, session and agent alone", () => {
  const sealed = progress.seal("a token\n");
  expect(progress.open(sealed)).toBe("a token\n");
  expect(progress.open(progress.seal(7))).toBe(7);
  const others = [
    progressTokens(seal, { ...agent, server: "issues" }, "session"),
    progressTokens(seal, { ...agent, email: "bob@example.com" }, "session"),
    progressTokens(seal, { ...agent, clientId: "client-b" }, "session"),
    progressTokens(seal, agent, "another"),
  ];
  for (const other of others) expect(other.open(sealed)).toBeUndefined();
  // Nor is it a session, or a session a token.
  expect(seal.open(sealed, agent)).toBeUndefined();
  expect(progress.open(seal.seal({ id: "Nw" }, agent))).toBeUndefined();
});

test.each([1, "1", "ü.x", undefined])("the id of an event says which request is answered: %j", (answers) => {
  const id = taggedEventId("wiki", answers, "a.b__c");
  expect(untaggedEventId([agent as never], id)).toEqual({ grant: agent, answers, id: "a.b__c" });
});

test("of a request with a long id events have none", () => {
  expect(taggedEventId("wiki", "x".repeat(1_000), "5")).toBeUndefined();
});
