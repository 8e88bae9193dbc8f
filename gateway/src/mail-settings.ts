/** How mail leaves, as the environment says it. */
import { isEmail, isLoopbackName } from "@permit-mcp-gateway/policies";
import { z } from "zod";

/** A mail server, or the terminal of a gateway on this machine. */
export type MailSettings =
  | {
      readonly kind: "smtp";
      readonly host: string;
      readonly port: number;
      /** TLS from the first byte. Without it STARTTLS is required, but on this machine. */
      readonly implicitTls: boolean;
      readonly requireTls: boolean;
      readonly user: string | undefined;
      readonly password: string | undefined;
      /** Sender, an address alone. */
      readonly from: string;
    }
  | { readonly kind: "terminal" };

/** For a gateway on this machine without a mail server: what it would send is printed. */
const terminal = "terminal:";

export const smtpUrlSchema = z
  .string()
  .refine(
    (value) => value === terminal || parseSmtpUrl(value) !== undefined,
    "must be smtp://user:password@host:587, smtps://user:password@host:465, or terminal:",
  );
export const smtpFromSchema = z.string().refine(isEmail, "must be an e-mail address");

function parseSmtpUrl(text: string) {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  const implicitTls = protocol === "smtps:";
  if (!(implicitTls || protocol === "smtp:") || hostname === "" || search !== "" || hash !== "") return undefined;
  if (pathname !== "" && pathname !== "/") return undefined;
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (implicitTls ? 465 : 587) : Number(port),
    implicitTls,
    // A password or a code in the clear is anyone's on the way.
    requireTls: !implicitTls && !isLoopbackName(hostname),
    user: username === "" ? undefined : decodeURIComponent(username),
    password: password === "" ? undefined : decodeURIComponent(password),
  };
}

/**
 * Undefined: no mail leaves, so whatever needs it is off. Returns what is wrong as text: `terminal:` anywhere but on
 * this machine would print codes into a log that others read.
 */
export function mailOf(env: {
  readonly SMTP_URL?: string | undefined;
  readonly SMTP_FROM?: string | undefined;
  readonly PUBLIC_URL: string;
}): { readonly mail: MailSettings | undefined } | { readonly problems: readonly string[] } {
  if (env.SMTP_URL === undefined) {
    return env.SMTP_FROM === undefined ? { mail: undefined } : { problems: ["SMTP_FROM: needs SMTP_URL"] };
  }
  if (env.SMTP_URL === terminal) {
    if (isLoopbackName(new URL(env.PUBLIC_URL).hostname)) return { mail: { kind: "terminal" } };
    return { problems: [`SMTP_URL: ${terminal} prints codes, so it is for a PUBLIC_URL on localhost alone`] };
  }
  const server = parseSmtpUrl(env.SMTP_URL);
  if (server === undefined || env.SMTP_FROM === undefined) return { problems: ["SMTP_FROM: is needed with SMTP_URL"] };
  return { mail: { kind: "smtp", ...server, from: env.SMTP_FROM } };
}
