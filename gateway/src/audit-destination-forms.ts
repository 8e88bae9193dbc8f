/** What an entry of `AUDIT_DESTINATIONS` can be, and how it is written. Pure. */
import { fileURLToPath } from "node:url";
import { isLoopbackName } from "@permit-mcp-gateway/policies";

/** One place. `name` is how the entry reads when it is normal: no two have the same. */
export type AuditDestinationSettings =
  | { readonly kind: "stdout"; readonly name: string }
  | { readonly kind: "file"; readonly name: string; readonly path: string }
  | { readonly kind: "cloudwatch"; readonly name: string; readonly group: string }
  /** `prefix` has no slash at its ends; empty for none. */
  | { readonly kind: "s3"; readonly name: string; readonly bucket: string; readonly prefix: string }
  | { readonly kind: "webhook"; readonly name: string; readonly url: string }
  | {
      readonly kind: "syslog";
      readonly name: string;
      readonly host: string;
      readonly port: number;
      readonly tls: boolean;
    };

/** The settings of one kind of place. */
export type SettingsOf<Kind extends AuditDestinationSettings["kind"]> = Extract<
  AuditDestinationSettings,
  { readonly kind: Kind }
>;

interface Form {
  /** What a person writes, and what it is. */
  readonly example: string;
  /** Undefined for what is not of the form. */
  readonly parse: (entry: string) => AuditDestinationSettings | undefined;
}

/** By scheme. */
const forms: Readonly<Record<string, Form>> = {
  stdout: {
    example: "stdout:",
    parse: (entry) => (entry === "stdout:" ? { kind: "stdout", name: entry } : undefined),
  },
  file: { example: "file:///var/log/audit.jsonl, with the whole path of a file", parse: parseFile },
  cloudwatch: {
    example: "cloudwatch:/permit-mcp-gateway/demo/audit, with the name of a log group",
    parse: (entry) => {
      // The pattern of logGroupName (Amazon CloudWatch Logs API Reference, CreateLogGroup).
      const group = /^cloudwatch:([A-Za-z0-9_\-/.#]{1,512})$/.exec(entry)?.[1];
      return group === undefined ? undefined : { kind: "cloudwatch", name: `cloudwatch:${group}`, group };
    },
  },
  s3: {
    example: "s3://bucket/prefix, with letters, digits and _.=- between the slashes of the prefix",
    parse: parseS3,
  },
  https: {
    example: "https://siem.example.com/in, without query and fragment: a webhook knows the gateway by its signature",
    parse: parseWebhook,
  },
  http: { example: "http://localhost:9000/in: a webhook that is not on this machine is https", parse: parseWebhook },
  "syslog+tcp": { example: "syslog+tcp://host:port", parse: parseSyslog },
  "syslog+tls": { example: "syslog+tls://host:port", parse: parseSyslog },
};

/** The schemes of the forms. */
export const auditDestinationForms: readonly string[] = Object.keys(forms);

/** A place, or what is wrong with the entry: the end of a sentence that begins with its number. */
export function parseAuditDestination(entry: string): AuditDestinationSettings | string {
  const scheme = /^([a-z0-9+]+):/i.exec(entry)?.[1]?.toLowerCase() ?? "";
  const form = Object.hasOwn(forms, scheme) ? forms[scheme] : undefined;
  if (scheme === "none") return "must be none: alone";
  if (form === undefined) return `must begin with one of ${auditDestinationForms.join(":, ")}: or be none: alone`;
  // They would be in the log and in the database, where names of places are.
  if (URL.canParse(entry) && hasCredentials(new URL(entry))) return "must have no user and no password";
  return form.parse(entry) ?? `must be ${form.example}`;
}

const hasCredentials = ({ username, password }: URL) => username !== "" || password !== "";

/** A URL with nothing after its path. */
function plainUrl(entry: string): URL | undefined {
  return URL.canParse(entry) && !/[?#]/.test(entry) ? new URL(entry) : undefined;
}

function parseFile(entry: string): AuditDestinationSettings | undefined {
  const url = plainUrl(entry);
  if (url === undefined || url.host !== "" || !/^file:\/\/\//i.test(entry) || url.pathname.endsWith("/"))
    return undefined;
  try {
    const path = fileURLToPath(url);
    // A zero byte ends a path where the kernel reads it.
    return !path.includes("\0") ? { kind: "file", name: url.href, path } : undefined;
  } catch {
    return undefined;
  }
}

function parseS3(entry: string): AuditDestinationSettings | undefined {
  // Names of buckets and the safe characters of keys (Amazon S3 User Guide); no segment of dots alone, which tools resolve.
  const found = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/(?!\.+(?:\/|$))[A-Za-z0-9_.=-]+){0,16})\/?$/.exec(
    entry,
  );
  const [, bucket, path = ""] = found ?? [];
  if (bucket === undefined || path.length > 512) return undefined;
  return { kind: "s3", name: `s3://${bucket}${path}`, bucket, prefix: path.slice(1) };
}

function parseWebhook(entry: string): AuditDestinationSettings | undefined {
  const url = plainUrl(entry);
  if (url === undefined || !/^https?:\/\/[^/]/i.test(entry)) return undefined;
  if (url.protocol === "http:" && !isLoopbackName(url.hostname)) return undefined;
  return { kind: "webhook", name: url.href, url: url.href };
}

function parseSyslog(entry: string): AuditDestinationSettings | undefined {
  const found = /^syslog\+(tcp|tls):\/\/(?:([a-z0-9.-]+)|\[([0-9a-f:.]+)\]):(\d{1,5})\/?$/i.exec(entry.toLowerCase());
  const [, transport, name, address, digits] = found ?? [];
  const host = name ?? address;
  const port = Number(digits);
  if (host === undefined || !(port >= 1 && port <= 65_535)) return undefined;
  const place = `${address === undefined ? host : `[${host}]`}:${port}`;
  return { kind: "syslog", name: `syslog+${transport}://${place}`, host, port, tls: transport === "tls" };
}
