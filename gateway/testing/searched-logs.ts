/**
 * Around all tests: what gateways under test logged and recorded is kept (`test-log.ts`), so are the secrets that went
 * through clients (`seen-secrets.ts`), and when all tests have run none of these may be in any of those lines.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeProtectedHeader } from "jose";
import { checkpointType } from "../src/audit/checkpoint-signature.ts";
import { receiptType } from "../src/consent/receipt.ts";

let folder = "";

/** Vitest global setup. */
export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), "gateway-logs-"));
  process.env.TEST_LOG_DIR = folder;
}

/** What looks like a secret wherever it came from: tokens by their prefix or form, cookies, keys. */
const forms: readonly RegExp[] = [
  /gw[ra]t_[A-Za-z]{20,}/g,
  /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g,
  /(?:session_token|session_data)=[^;\s"]{10,}/g,
  /permit_key_[0-9a-f]{20,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/g,
];

/** Receipts and the signatures of checkpoints look like tokens and are meant to be in the audit log: they open nothing. */
function isEvidence(text: string): boolean {
  try {
    return [receiptType, checkpointType].includes(decodeProtectedHeader(text).typ ?? "");
  } catch {
    return false;
  }
}

function linesOf(kind: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(kind));
  return files.flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n")).filter((line) => line !== "");
}

/** Vitest global teardown. Throws, and so fails the run, when a secret was logged. */
export function teardown(): void {
  try {
    const log = linesOf(".log");
    const secrets = [...new Set(linesOf(".secrets"))];
    const whole = log.join("\n");
    const found = [
      // As it was, and as it stands in a URL.
      ...secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]).filter((secret) => whole.includes(secret)),
      ...forms.flatMap((form) => whole.match(form) ?? []).filter((text) => !isEvidence(text)),
    ];
    if (log.length === 0) return;
    process.stdout.write(`${log.length} log lines and audit records were searched for ${secrets.length} secrets.\n`);
    if (found.length === 0) return;
    const lines = log.filter((line) => found.some((secret) => line.includes(secret)));
    throw new Error(
      `Secrets are in these lines:\n${lines.slice(0, 20).join("\n")}\n(${found.slice(0, 20).join(", ")})`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
