import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const environment = {
  PUBLIC_URL: "https://mcp.example.com",
  HOST_KEY: "demo",
  PERMIT_API_KEY: "key",
  PERMIT_PDP_URL: "http://localhost:7000",
  AUTH_SECRET: "0123456789abcdef0123456789abcdef",
};
const mail = (changes: Record<string, string>) => readConfig({ ...environment, ...changes }).mail;

test.each<[string, object]>([
  ["smtp://mail.example.com", { port: 587, implicitTls: false, requireTls: true, user: undefined }],
  ["smtps://gateway:a%40b@mail.example.com", { port: 465, implicitTls: true, user: "gateway", password: "a@b" }],
  ["smtp://127.0.0.1:2525", { host: "127.0.0.1", port: 2525, requireTls: false }],
])("%s", (SMTP_URL, expected) => {
  expect(mail({ SMTP_URL, SMTP_FROM: "gateway@example.com" })).toMatchObject({ kind: "smtp", ...expected });
});

test.each<[Record<string, string>, string]>([
  [
    { SMTP_URL: "http://user:mail-secret@mail.example.com", SMTP_FROM: "gateway@example.com" },
    "SMTP_URL: must be smtp://",
  ],
  [{ SMTP_URL: "smtp://mail.example.com?tls=none", SMTP_FROM: "gateway@example.com" }, "SMTP_URL: must be smtp://"],
  [{ SMTP_URL: "smtp://user:mail-secret@mail.example.com" }, "SMTP_FROM: is needed with SMTP_URL"],
  [{ SMTP_FROM: "gateway@example.com" }, "SMTP_FROM: needs SMTP_URL"],
  [{ SMTP_URL: "smtp://mail.example.com", SMTP_FROM: "Gateway <gateway@example.com>" }, "SMTP_FROM: must be an e-mail"],
  [{ SMTP_URL: "terminal:" }, "SMTP_URL: terminal: prints codes"],
])("%j is refused, and its password not said", (changes, sentence) => {
  expect(() => mail(changes)).toThrow(sentence);
  expect(() => mail(changes)).not.toThrow("mail-secret");
});

test("on localhost mails may be printed", () => {
  expect(mail({ PUBLIC_URL: "http://localhost:8080", SMTP_URL: "terminal:" })).toEqual({ kind: "terminal" });
  expect(mail({})).toBeUndefined();
});
