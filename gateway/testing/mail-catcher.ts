/** A real SMTP server that keeps what it is given, for tests. */
import type { AddressInfo } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

/** One mail as its reader sees it. */
export interface CaughtMail {
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Mails by the address they were sent to. */
export interface MailCatcher {
  /** For `SMTP_URL`. */
  readonly url: string;
  /** All mails, the oldest first. */
  readonly mails: readonly CaughtMail[];
  /** The next mail to this address that nobody has taken yet. */
  next(to: string): Promise<CaughtMail>;
  /** The six digits in the next mail to this address. */
  code(to: string): Promise<string>;
  /** While true the server refuses every recipient. */
  refuses: boolean;
  close(): Promise<void>;
}

export async function startMailCatcher(): Promise<MailCatcher> {
  const mails: CaughtMail[] = [];
  const taken = new Set<CaughtMail>();
  let arrived = Promise.withResolvers<void>();
  const server = new SMTPServer({
    authOptional: true,
    // Plain text, as a server on this machine may: the gateway requires TLS to any other.
    disabledCommands: ["STARTTLS", "AUTH"],
    onRcptTo: (_address, _session, callback) => callback(catcher.refuses ? new Error("no such mailbox") : null),
    onData: (stream, session, callback) => {
      simpleParser(stream).then((mail: ParsedMail) => {
        const to = session.envelope.rcptTo.map(({ address }) => address).join(",");
        const { text = "", html } = mail;
        const from = mail.from?.text ?? "";
        mails.push({ to, from, subject: mail.subject ?? "", text, html: typeof html === "string" ? html : "" });
        arrived.resolve();
        arrived = Promise.withResolvers();
        callback();
      }, callback);
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const catcher: MailCatcher = {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    refuses: false,
    next: async (to) => {
      for (;;) {
        const mail = mails.find((mail) => mail.to === to && !taken.has(mail));
        if (mail !== undefined) {
          taken.add(mail);
          return mail;
        }
        await arrived.promise;
      }
    },
    code: async (to) => /\b\d{6}\b/.exec((await catcher.next(to)).text)?.[0] ?? "",
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return catcher;
}
