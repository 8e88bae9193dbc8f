/** Mail to humans. */

/** One message to one human. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** How mail leaves. */
export interface Mailer {
  /** Resolves when the mail server has taken it. Throws GatewayError MAIL_UNAVAILABLE, which never holds the text. */
  send(mail: Mail): Promise<void>;
  close(): void;
}
