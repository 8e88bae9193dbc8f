/** `npm run bench -- audit-verify [records]`: how long it takes to prove a log. Everything is real but the calls. */
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { calculateJwkThumbprint, type JWK } from "jose";
import { callResult } from "../src/audit/call-result.ts";
import { signedLine } from "../src/audit/checkpoint-signature.ts";
import { hashOf, lineOf, noLine } from "../src/audit/line.ts";
import { logRecord } from "../src/audit/log-record.ts";
import type { AuditRecord } from "../src/deps/audit-records.ts";
import { allowedCall } from "../testing/audit-fixture.ts";

/** Records between two checkpoints. */
const checkpointEvery = 10_000;

const count = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), "audit-verify-"));
const [file, keyFile] = [join(folder, "audit.jsonl"), join(folder, "key.pem")];
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
writeFileSync(keyFile, publicKey.export({ type: "spki", format: "pem" }));
const kid = await calculateJwkThumbprint(publicKey.export({ format: "jwk" }) as JWK);
const signer = { kid, sign: async (bytes: Uint8Array) => sign(null, bytes, privateKey), close: () => undefined };

const chain = randomUUID();
let [sequence, previous] = [0, noLine];
const output = openSync(file, "wx");
let lines: string[] = [];
const add = async (record: AuditRecord, signed = false) => {
  sequence += 1;
  const line = lineOf(record, { replica: "bench", chain, sequence, previous });
  const whole = signed ? await signedLine(line, signer) : line;
  previous = hashOf(whole);
  lines.push(`${whole}\n`);
  if (lines.length < 1_000 && record.event !== "log_ended") return;
  writeSync(output, lines.join(""));
  lines = [];
};
const about = () => ({ host: "bench", now: new Date() });
await add(logRecord("log_started", about()));
while (sequence < count - 2) {
  const call = allowedCall(`tool-${sequence % 50}`);
  await add(call);
  const end = { outcome: "answered", code: "ANSWERED", reason: "The MCP server answered with status 200." } as const;
  await add(
    callResult(call, new Date(), {
      ...end,
      upstreamStatus: 200,
      durationMs: 12,
      requestBytes: 300,
      responseBytes: 900,
    }),
  );
  if (sequence % checkpointEvery < 2) await add(logRecord("log_checkpoint", about()), true);
}
await add(logRecord("log_ended", about()), true);
closeSync(output);

const program = fileURLToPath(new URL("../cli/audit/main.ts", import.meta.url));
const startedMs = performance.now();
const { status, stdout, stderr } = spawnSync(process.execPath, [program, "verify", file, "--key", keyFile], {
  encoding: "utf8",
});
const seconds = (performance.now() - startedMs) / 1000;
process.stdout.write(`${stdout}${stderr}`);
const megabytes = Math.round(statSync(file).size / 1_000_000);
process.stdout.write(`${sequence} records, ${megabytes} MB: ${seconds.toFixed(1)} s, exit code ${status}\n`);
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;
