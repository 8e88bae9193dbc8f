import { z } from "zod";

/** A mail that a gateway without a mail server prints instead. */
const mailLineSchema = z.object({
  type: z.literal("mail"),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
});

// An address is whatever somebody typed: an escape sequence in one could rewrite the terminal.
const printable = (text: string) => text.replaceAll(/[^\P{C}\n]/gu, "?");

/** What the terminal shows of a line of the gateway's output; undefined when it is no mail. */
export function mailLine(line: string): string | undefined {
  if (!line.includes('"mail"')) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const parsed = mailLineSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const { to, subject, text } = parsed.data;
  const body = text.trimEnd().replaceAll(/^/gm, "  | ");
  return printable(`Mail to ${to}: ${subject}\n${body}`);
}
