import { expect, test } from "vitest";
import { mailLine } from "./mail-line.ts";

test("a mail is shown with its text; nothing in it can rewrite the terminal", () => {
  const mail = {
    type: "mail",
    to: "developer@example.com",
    subject: "Your code\u001b[2J",
    text: "Enter it:\n\n123456\n",
  };
  expect(mailLine(JSON.stringify(mail))).toBe(
    "Mail to developer@example.com: Your code?[2J\n  | Enter it:\n  | \n  | 123456",
  );
});

test.each(['{"type":"audit","mail":"mail"}', '"mail"', "mail", '{"type":"mail"}'])("%s is none", (line) => {
  expect(mailLine(line)).toBeUndefined();
});
