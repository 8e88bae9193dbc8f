import type { Mailer } from "../deps/mail.ts";
import type { MailSettings } from "../mail-settings.ts";
import { createSmtpMailer } from "./mailer-smtp.ts";
import { createTerminalMailer } from "./mailer-terminal.ts";

/** The configured way for mail to leave; undefined when there is none. */
export function createMailer(settings: MailSettings | undefined, senderName: () => string): Mailer | undefined {
  if (settings === undefined) return undefined;
  if (settings.kind === "terminal") return createTerminalMailer((line) => process.stdout.write(`${line}\n`));
  return createSmtpMailer(settings, senderName);
}
