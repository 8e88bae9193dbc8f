import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { chainLines, jsonLines } from "../../../test/audit-destinations-fixture.ts";
import { auditDestinationsSchema } from "../../audit-destinations.ts";
import { openAuditDestinations } from "./open-destinations.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const open = (value: string, webhookSecrets: readonly string[] | undefined = [secret]) =>
  openAuditDestinations(auditDestinationsSchema.parse(value), {
    hostKey: "demo",
    webhookSecrets,
    clock: () => new Date(),
  });

test("every form has its destination, under the name of its entry, and none has a limit of nothing", async () => {
  const entries = [
    "stdout:",
    "file:///var/log/audit.jsonl",
    "cloudwatch:/group",
    "s3://bucket/prefix",
    "https://siem.example.com/in",
    "syslog+tcp://127.0.0.1:601",
    "syslog+tls://logs.example.com:6514",
  ];
  const destinations = open(entries.join(" "));
  expect(destinations.map(({ name }) => name)).toEqual(entries);
  for (const { limits } of destinations) {
    expect(Math.min(limits.records, limits.spanMs, limits.bytes - limits.bytesPerRecord)).toBeGreaterThan(0);
  }
  for (const destination of destinations) {
    await destination.close();
    // Whoever ends a shipper twice closes its destination twice.
    await destination.close();
  }
});

test("none: opens nothing", () => {
  expect(open("none:")).toEqual([]);
});

test("a webhook without a secret is not opened", () => {
  for (const secrets of [undefined, []]) {
    const settings = auditDestinationsSchema.parse("https://siem.example.com/in");
    const parts = { hostKey: "demo", webhookSecrets: secrets, clock: () => new Date() };
    expect(() => openAuditDestinations(settings, parts)).toThrow(
      "https://siem.example.com/in needs AUDIT_WEBHOOK_SECRET",
    );
  }
});

test("what is closed takes nothing more", async () => {
  const folder = mkdtempSync(join(tmpdir(), "audit-close-"));
  const path = join(folder, "audit.jsonl");
  const [destination] = open(pathToFileURL(path).href);
  const lines = chainLines(2);
  await destination?.deliver(lines);
  await destination?.close();
  expect(readFileSync(path, "utf8")).toBe(jsonLines(lines));
  await expect(destination?.deliver(lines)).rejects.toThrow("it is closed");
  rmSync(folder, { recursive: true });
});
