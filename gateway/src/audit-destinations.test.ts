import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { auditDestinationForms } from "./audit-destination-forms.ts";
import { auditDestinationProblems, auditDestinationsSchema, auditWebhookSecretSchema } from "./audit-destinations.ts";

const parse = (value?: string) => auditDestinationsSchema.parse(value);
const problemsOf = (value: string) =>
  auditDestinationsSchema.safeParse(value).error?.issues.map(({ message }) => message);

test.each<[string | undefined, readonly object[]]>([
  [undefined, [{ kind: "stdout", name: "stdout:" }]],
  ["none:", []],
  [
    " stdout:  file:///var/log/audit.jsonl\n",
    [
      { kind: "stdout", name: "stdout:" },
      { kind: "file", name: "file:///var/log/audit.jsonl", path: "/var/log/audit.jsonl" },
    ],
  ],
  ["file:///var/log/a%20b.jsonl", [{ kind: "file", name: "file:///var/log/a%20b.jsonl", path: "/var/log/a b.jsonl" }]],
  [
    "cloudwatch:/permit-mcp-gateway/demo/audit",
    [
      {
        kind: "cloudwatch",
        name: "cloudwatch:/permit-mcp-gateway/demo/audit",
        group: "/permit-mcp-gateway/demo/audit",
      },
    ],
  ],
  ["s3://a-bucket", [{ kind: "s3", name: "s3://a-bucket", bucket: "a-bucket", prefix: "" }]],
  [
    "s3://a-bucket/audit/env=prod/",
    [{ kind: "s3", name: "s3://a-bucket/audit/env=prod", bucket: "a-bucket", prefix: "audit/env=prod" }],
  ],
  [
    "https://SIEM.example.com:443/in",
    [{ kind: "webhook", name: "https://siem.example.com/in", url: "https://siem.example.com/in" }],
  ],
  [
    "http://127.0.0.1:9000/in",
    [{ kind: "webhook", name: "http://127.0.0.1:9000/in", url: "http://127.0.0.1:9000/in" }],
  ],
  [
    "syslog+tls://Logs.example.com:6514 syslog+tcp://[::1]:601",
    [
      { kind: "syslog", name: "syslog+tls://logs.example.com:6514", host: "logs.example.com", port: 6514, tls: true },
      { kind: "syslog", name: "syslog+tcp://[::1]:601", host: "::1", port: 601, tls: false },
    ],
  ],
])("%j", (value, expected) => {
  expect(parse(value)).toEqual(expected);
});

test.each<[string, string]>([
  ["", "is empty: say none:"],
  ["stdout", "entry 1 must begin with one of stdout:, file:,"],
  ["stdout: ftp://hidden.example.com", "entry 2 must begin with one of"],
  ["toString:", "entry 1 must begin with one of"],
  ["stdout:hidden", "entry 1 must be stdout:"],
  ["none: stdout:", "entry 1 must be none: alone"],
  ["file:audit-hidden.jsonl", "entry 1 must be file:///var/log/audit.jsonl"],
  ["file://hidden/audit.jsonl", "entry 1 must be file:///"],
  ["file:///var/hidden/", "entry 1 must be file:///"],
  ["file:///var/hidden%00.jsonl", "entry 1 must be file:///"],
  ["cloudwatch:", "entry 1 must be cloudwatch:/permit-mcp-gateway/demo/audit"],
  ["cloudwatch:/hidden*", "entry 1 must be cloudwatch:"],
  ["s3://Hidden", "entry 1 must be s3://bucket/prefix"],
  ["s3://bucket/../hidden", "entry 1 must be s3://bucket/prefix"],
  ["s3://bucket//hidden", "entry 1 must be s3://bucket/prefix"],
  ["s3://bucket/hidden?versionId=1", "entry 1 must be s3://bucket/prefix"],
  ["https://siem.example.com/in?token=hidden", "entry 1 must be https://siem.example.com/in, without query"],
  ["https://siem.example.com/in#hidden", "entry 1 must be https://"],
  ["https://user:hidden@siem.example.com/in", "entry 1 must have no user and no password"],
  ["https://hidden@siem.example.com/in", "entry 1 must have no user and no password"],
  ["syslog+tls://user:hidden@logs.example.com:6514", "entry 1 must have no user and no password"],
  ["s3://hidden:hidden@bucket", "entry 1 must have no user and no password"],
  ["http://siem.example.com/hidden", "entry 1 must be http://localhost:9000/in: a webhook that is not on this machine"],
  ["http://localhost.example.com/hidden", "entry 1 must be http://localhost:9000/in"],
  ["syslog+tcp://hidden.example.com", "entry 1 must be syslog+tcp://host:port"],
  ["syslog+tcp://hidden.example.com:0", "entry 1 must be syslog+tcp://host:port"],
  ["syslog+tls://hidden.example.com:65536", "entry 1 must be syslog+tls://host:port"],
  ["stdout: s3://hidden/a s3://hidden/a/", "entry 3 is the same as one before it"],
  ["https://hidden.example.com https://HIDDEN.example.com:443/", "entry 2 is the same as one before it"],
])("%j is refused by its number and form, and not repeated", (value, sentence) => {
  const problems = problemsOf(value);
  expect(problems).toEqual([expect.stringContaining(sentence)]);
  expect(problems?.[0]).not.toMatch(/hidden/i);
});

test("every wrong entry is said at once", () => {
  expect(problemsOf("nowhere: stdout: s3:")).toEqual([
    expect.stringContaining("entry 1 must begin"),
    expect.stringContaining("entry 3 must be s3://"),
  ]);
});

const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

test("the secret of webhooks: 24 to 64 bytes, several while one takes the place of another", () => {
  expect(auditWebhookSecretSchema.parse(secret(24))).toEqual([secret(24)]);
  expect(auditWebhookSecretSchema.parse(`${secret(32)} ${secret(64)}`)).toEqual([secret(32), secret(64)]);
});

test.each(["", "hidden", secret(23), secret(65), `whsec_${"ä".repeat(40)}`, `${secret(32)} hidden`])(
  "%j is no secret of a webhook, and is not repeated",
  (value) => {
    const messages = auditWebhookSecretSchema.safeParse(value).error?.issues.map(({ message }) => message);
    expect(messages).toEqual([expect.stringContaining("must be whsec_ and 24 to 64 bytes")]);
    expect(messages?.[0]).not.toMatch(/hidden|Bwc/);
  },
);

test("a webhook and its secret go together", () => {
  const webhook = parse("stdout: https://siem.example.com/in");
  expect(auditDestinationProblems(webhook, [secret(32)])).toEqual([]);
  expect(auditDestinationProblems(parse(), undefined)).toEqual([]);
  expect(auditDestinationProblems(webhook, undefined)).toEqual([expect.stringContaining("AUDIT_WEBHOOK_SECRET")]);
  expect(auditDestinationProblems(parse(), [secret(32)])).toEqual([expect.stringContaining("AUDIT_WEBHOOK_SECRET")]);
});

test("AUDIT-DESTINATIONS.md names every form, and each as it is written", () => {
  const document = readFileSync(new URL("../AUDIT-DESTINATIONS.md", import.meta.url), "utf8");
  const [table = ""] = /\| form[\s\S]*?\n\n/.exec(document) ?? [];
  const cells = table
    .split("\n")
    .slice(2)
    .map((row) => row.split("|")[1] ?? "");
  const entries = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, entry = ""]) => entry));
  for (const entry of entries) expect(problemsOf(entry), entry).toBeUndefined();
  const schemes = entries.map((entry) => entry.slice(0, entry.indexOf(":")));
  expect(schemes.toSorted()).toEqual([...auditDestinationForms, "none"].toSorted());
});
