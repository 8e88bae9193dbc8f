/**
 * What decides on IAM tokens beside a PostgreSQL that is set up like Amazon RDS. RDS asks through PAM; here PostgreSQL
 * asks by LDAP, which it can do without changes to the machine. The program is a fake and the check is real: the token's
 * signature is computed anew (AWS Signature Version 4), and host, port, user and time must be those of the request.
 */
import { createHash, createHmac } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";

/** The one principal that may log in. */
export const awsKey = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG" };
const tokenSeconds = 900;

export interface TokenCheck {
  readonly port: number;
  /** The tokens seen, with what was made of them. */
  readonly seen: { readonly user: string; readonly token: string; readonly problem: string | undefined }[];
  close(): Promise<void>;
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const hash = (text: string) => createHash("sha256").update(text).digest("hex");

/** Why a token does not let `user` in at `host` (name and port); undefined when it does. */
function problemOf(token: string, user: string, host: string, now: Date): string | undefined {
  const url = URL.canParse(`https://${token}`) ? new URL(`https://${token}`) : undefined;
  if (url === undefined) return "no token";
  const { searchParams: query } = url;
  if (url.host !== host) return `for ${url.host}`;
  if (query.get("Action") !== "connect" || query.get("DBUser") !== user) return `for ${query.get("DBUser")}`;
  const signature = query.get("X-Amz-Signature");
  query.delete("X-Amz-Signature");
  const date = query.get("X-Amz-Date") ?? "";
  const madeAt = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..)Z$/, "$1-$2-$3:$4:$5Z"));
  if (!(Math.abs(now.getTime() - madeAt) <= tokenSeconds * 1000)) return "expired";
  const [key, day = "", region = "", service = "", end = ""] = (query.get("X-Amz-Credential") ?? "").split("/");
  if (key !== awsKey.AWS_ACCESS_KEY_ID || service !== "rds-db") return `of ${key} for ${service}`;
  const strict = (text: string) =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const parameters = Array.from(query, ([name, value]) => `${strict(name)}=${strict(value)}`).toSorted();
  const canonical = ["GET", "/", parameters.join("&"), `host:${host}`, "", "host", hash("")].join("\n");
  const text = ["AWS4-HMAC-SHA256", date, [day, region, service, end].join("/"), hash(canonical)].join("\n");
  const signingKey = [day, region, service, end].reduce(
    hmac as (key: string | Buffer, text: string) => Buffer,
    `AWS4${awsKey.AWS_SECRET_ACCESS_KEY}` as string | Buffer,
  );
  return hmac(signingKey, text).toString("hex") === signature ? undefined : "signed by somebody else";
}

/** One element of BER: its content, and what follows it. Lengths of up to four bytes. */
function element(bytes: Buffer): { readonly content: Buffer; readonly rest: Buffer } {
  const first = bytes[1] ?? 0;
  const more = first < 0x80 ? 0 : first & 0x7f;
  const length = more === 0 ? first : bytes.readUIntBE(2, more);
  const start = 2 + more;
  return { content: bytes.subarray(start, start + length), rest: bytes.subarray(start + length) };
}

/** Put before the user's name by PostgreSQL. */
export const namePrefix = "user=";
const success = 0;
const invalidCredentials = 49;

/** Listens for LDAP simple binds (RFC 4511 section 4.2) with a user as name and a token as password. */
export async function startTokenCheck(hostOf: () => string): Promise<TokenCheck> {
  const seen: TokenCheck["seen"] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const { content } = element(received);
      const id = element(content);
      // Anything but a bind: the client is done.
      if (id.rest[0] !== 0x60) {
        socket.end();
        return;
      }
      const version = element(element(id.rest).content);
      const name = element(version.rest);
      const password = element(name.rest);
      if (received.length < 4 || password.content.length === 0) return;
      const user = name.content.toString().slice(namePrefix.length);
      const token = password.content.toString();
      // Not the clock that a test may have set for the gateway.
      const now = new Date(performance.timeOrigin + performance.now());
      const problem = problemOf(token, user, hostOf(), now);
      seen.push({ user, token, problem });
      received = Buffer.alloc(0);
      const result = [0x61, 7, 0x0a, 1, problem === undefined ? success : invalidCredentials, 4, 0, 4, 0];
      socket.write(
        Buffer.from([0x30, 2 + id.content.length + result.length, 2, id.content.length, ...id.content, ...result]),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
