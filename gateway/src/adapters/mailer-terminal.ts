import type { Mailer } from "../deps/mail.ts";

/** For a gateway on a laptop: mails are lines of JSON on standard output, which `npm start` shows. */
export function createTerminalMailer(writeLine: (line: string) => void): Mailer {
  return {
    send: async ({ to, subject, text }) => writeLine(JSON.stringify({ type: "mail", to, subject, text })),
    close: () => undefined,
  };
}
