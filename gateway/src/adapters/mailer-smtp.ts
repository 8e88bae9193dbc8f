import { createTransport } from "nodemailer";
import type { Mailer } from "../deps/mail.ts";
import { GatewayError } from "../errors.ts";
import type { MailSettings } from "../mail-settings.ts";

/** A human waits for it. */
const timeoutMs = 10_000;

/** Mail through an SMTP server (RFC 5321). Certificates are verified; off this machine nothing goes in the clear. */
export function createSmtpMailer(
  settings: Extract<MailSettings, { readonly kind: "smtp" }>,
  senderName: () => string,
): Mailer {
  const { host, port, implicitTls, requireTls, user, password } = settings;
  const transport = createTransport({
    host,
    port,
    secure: implicitTls,
    requireTLS: requireTls,
    ...(user === undefined ? {} : { auth: { user, pass: password ?? "" } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A text can name neither a file of this machine nor a URL to be fetched into it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ to, subject, text, html }) => {
      const from = { name: senderName(), address: settings.from };
      try {
        // RFC 3834: no mailbox shall answer it by itself.
        const headers = { "auto-submitted": "auto-generated" };
        await transport.sendMail({ from, to: { name: "", address: to }, subject, text, html, headers });
      } catch (error) {
        // The server's own words may repeat what was sent: its code says enough.
        const { code, responseCode } = error as { readonly code?: string; readonly responseCode?: number };
        throw new GatewayError("MAIL_UNAVAILABLE", {
          detail: `the mail server ${host}:${port} did not take a mail (${[code, responseCode].filter(Boolean).join(" ")})`,
        });
      }
    },
    close: () => transport.close(),
  };
}
