/** Where PostgreSQL is and how its connections are protected, as the environment says it. */
import { isIP } from "node:net";
import { z } from "zod";

/** A server that takes an IAM token as password: Amazon RDS or Aurora. */
export interface IamDatabase {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  /** File of the certificate authorities to believe. Undefined: those of Amazon RDS. */
  readonly caFile: string | undefined;
}

/** A server by URL. */
export interface UrlDatabase {
  readonly url: string;
  /** File of the certificate authorities to believe. Undefined: those that Node brings. */
  readonly caFile?: string | undefined;
}

/** What a `DATABASE_URL` comes to. */
export interface ParsedDatabaseUrl {
  /** Without what it says of TLS. */
  readonly url: string;
  /** Whether connections are encrypted and the server's certificate and name are verified; there is nothing between. */
  readonly tls: boolean;
}

/** PostgreSQL cuts longer names off, silently: two hosts could end up in one database. */
const nameBytesMax = 63;
const name = z.string().refine((value) => {
  const bytes = Buffer.byteLength(value);
  return bytes > 0 && bytes <= nameBytesMax && !value.includes("\0");
}, `must be 1 to ${nameBytesMax} bytes`);

/** Variables that say where a server is, for the gateway and for the set-up of its database. */
export const databaseServerFields = {
  host: z.string().regex(/^[A-Za-z0-9.-]+$/, "must be a host name"),
  port: z.coerce.number().int().min(1).max(65_535).default(5432),
  name,
  user: name,
  caFile: z.string().min(1).optional(),
};

export const databaseUrlSchema = z.url({ protocol: /^postgres(ql)?$/ }).superRefine((value, context) => {
  const parsed = parseDatabaseUrl(value);
  if (typeof parsed === "string") context.addIssue({ code: "custom", message: parsed });
});

/** Parameters that would move the connection elsewhere or weaken it, past what is checked here. */
const refusedParameters = /^(?:ssl(?!mode$).*|uselibpqcompat|hostaddr|port|user|password|database|dbname)$/i;

/**
 * Reads a URL, or says what is wrong with it. To another machine a connection is encrypted and verified unless the URL
 * says `sslmode=disable`; the modes between, which encrypt without looking at whom they talk to, are refused. The
 * driver must not see the parameters: it lets them overrule what it is told, and takes the last of two equal ones.
 */
export function parseDatabaseUrl(text: string): ParsedDatabaseUrl | string {
  const url = new URL(text);
  const refused = [...url.searchParams.keys()].find((key) => refusedParameters.test(key));
  if (refused !== undefined) return `must not have the parameter ${refused}; for certificates set DATABASE_CA_FILE`;
  const sockets = url.searchParams.getAll("host");
  if (sockets.some((socket) => !socket.startsWith("/"))) return "must name the host before the path";
  if (url.hostname === "" && sockets.length === 0) return "must name a host";
  const local = sockets.length > 0 || isLoopback(url.hostname);
  const modes = url.searchParams.getAll("sslmode");
  url.searchParams.delete("sslmode");
  const mode = modes.length > 1 ? "given twice" : modes[0];
  if (mode === undefined) return { url: url.href, tls: !local };
  if (mode === "disable" || mode === "verify-full") return { url: url.href, tls: mode === "verify-full" };
  return `sslmode must be verify-full, or disable where the network is trusted, not ${JSON.stringify(mode)}`;
}

function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

/** The variables of `environmentSchema` that are about the database. */
export interface DatabaseVariables {
  readonly DATABASE_URL?: string | undefined;
  readonly DATABASE_HOST?: string | undefined;
  readonly DATABASE_PORT: number;
  readonly DATABASE_NAME?: string | undefined;
  readonly DATABASE_USER?: string | undefined;
  readonly DATABASE_AUTH?: "aws-iam" | undefined;
  readonly DATABASE_CA_FILE?: string | undefined;
  readonly DATA_DIR: string;
}

/** The database that the variables name together, or one line for each that is missing or too much. */
export function databaseOf(
  env: DatabaseVariables,
): { readonly database: UrlDatabase | IamDatabase | { readonly dataDir: string } } | { readonly problems: string[] } {
  const { DATABASE_URL: url, DATABASE_HOST: host, DATABASE_CA_FILE: caFile } = env;
  const ofServer = ["DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER", "DATABASE_AUTH"] as const;
  const given = ofServer.filter((variable) => env[variable] !== undefined);
  if (url !== undefined) {
    if (given.length > 0) return { problems: [`DATABASE_URL: can't be combined with ${given.join(", ")}`] };
    const parsed = parseDatabaseUrl(url);
    const plain = caFile !== undefined && typeof parsed === "object" && !parsed.tls;
    return plain
      ? { problems: ["DATABASE_CA_FILE: DATABASE_URL asks for no encryption; add sslmode=verify-full"] }
      : { database: { url, caFile } };
  }
  if (given.length === 0) {
    return caFile === undefined
      ? { database: { dataDir: env.DATA_DIR } }
      : { problems: ["DATABASE_CA_FILE: there is no DATABASE_URL or DATABASE_HOST to verify"] };
  }
  const { DATABASE_NAME: name, DATABASE_USER: user, DATABASE_AUTH: auth } = env;
  if (host === undefined || name === undefined || user === undefined || auth === undefined) {
    const missing = ofServer.filter((variable) => env[variable] === undefined);
    return { problems: missing.map((variable) => `${variable}: is needed together with ${given.join(", ")}`) };
  }
  return { database: { host, port: env.DATABASE_PORT, name, user, caFile } };
}
