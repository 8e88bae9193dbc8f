/** `npm run audit -- verify` and `key`, from each place that a log can be read from. */
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { captureProgram } from "@permit-mcp-gateway/policies/cli/run-program";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createCloudWatchDestination } from "../../src/adapters/audit-destinations/cloudwatch.ts";
import { createAuditShipments } from "../../src/adapters/audit-shipments.ts";
import { createFileAuditSigner } from "../../src/adapters/audit-signer-file.ts";
import { createAuditStore } from "../../src/adapters/audit-store.ts";
import { type Database, openDatabase } from "../../src/adapters/database.ts";
import { startLogKeeper } from "../../src/audit/log-keeper.ts";
import { startAuditShipper } from "../../src/audit/shipper.ts";
import type { AuditSigner } from "../../src/deps/audit-signer.ts";
import { auditLogOn, refusedCall, storedLines } from "../../testing/audit-fixture.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { hasMoto, startMoto } from "../../testing/moto.ts";
import { testLog } from "../../testing/test-log.ts";
import { unpackCluster } from "../../testing/unpack-cluster.ts";
import { auditProgram } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "audit-verify-"));
const [dataDir, keyFile, publicFile] = ["data", "data/audit.key", "public.pem"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
const file = (name: string, text: string | Buffer) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const run = (...args: string[]) => captureProgram(args, auditProgram);
const clock = () => new Date();

/** A log with a beginning and an end. */
async function writeLog(database: Database, signer: AuditSigner): Promise<void> {
  const auditLog = auditLogOn(database, { signer });
  for (let call = 0; call < 20; call += 1) await auditLog.write(refusedCall(`tool-${call}`));
  await startLogKeeper({
    ...{ store: createAuditStore(database), auditLog, host: "demo", checkpointMs: 60_000, clock, log: testLog() },
    deleteExpired: async () => undefined,
  }).stop(5_000);
}

let lines: readonly string[] = [];
let database: Database;
beforeAll(async () => {
  unpackCluster(dataDir);
  database = await openDatabase({ dataDir });
  const signer = await createFileAuditSigner(keyFile);
  await writeLog(database, signer);
  lines = (await storedLines(database)).map(({ line }) => line);
  const pem = createPublicKey(readFileSync(keyFile)).export({ type: "spki", format: "pem" });
  writeFileSync(publicFile, pem);
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const text = (some: readonly string[]) => some.map((line) => `${line}\n`).join("");

test("a file, compressed or not, in parts or whole: complete and unchanged", async () => {
  const parts = [file("a.jsonl", text(lines.slice(0, 9))), file("b.jsonl.gz", gzipSync(text(lines.slice(9))))];
  for (const places of [[file("whole.jsonl", text(lines))], parts, [file("no-end.jsonl", text(lines).trimEnd())]]) {
    const { status, stdout, stderr } = await run("verify", ...places, "--key", publicFile);
    expect(stdout.trim().split("\n").at(-1)).toBe("Complete and unchanged: 22 records in 1 chains.");
    expect([status, stderr]).toEqual([0, ""]);
  }
});

test("a file that was changed: where, and exit code 1", async () => {
  const changed = file("changed.jsonl", text(lines.with(4, lines[4]?.replace("tool-3", "tool-4") ?? "")));
  const { status, stdout } = await run("verify", changed, "--key", publicFile);
  expect(status).toBe(1);
  expect(stdout).toContain(`CHANGED  chain`);
  expect(stdout).toContain(`Record 5 (${changed}:5) was changed`);
  expect(stdout).toContain("NOT PROVEN: 1 problems in 22 records in 1 chains.");
  const json = await run("verify", changed, "--key", publicFile, "--format", "json");
  expect(JSON.parse(json.stdout)).toMatchObject({ problems: [{ code: "CHANGED", sequence: 5 }], signed: true });
});

test("without a key it says what to give; with another one it is not proven; without a look at signatures neither", async () => {
  const whole = file("whole.jsonl", text(lines));
  vi.stubEnv("DATA_DIR", join(folder, "nowhere"));
  const none = await run("verify", whole);
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining("Say with --key which key")]);
  const other = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" });
  expect((await run("verify", whole, "--key", file("other.pem", other))).status).toBe(1);
  const unsigned = await run("verify", whole, "--unsigned");
  expect([unsigned.status, unsigned.stdout]).toEqual([0, expect.stringContaining("Unbroken, and not proven")]);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" });
  expect((await run("verify", whole, "--key", file("rsa.pem", rsa))).stderr).toContain("no key for Ed25519");
});

test("the public key that `key` prints is one to verify with", async () => {
  vi.stubEnv("DATA_DIR", dataDir);
  const { status, stdout } = await run("key");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ keys: [{ kty: "OKP", crv: "Ed25519", alg: "EdDSA" }] });
  expect(stdout).not.toContain('"d"');
  const jwks = file("jwks.json", stdout);
  expect((await run("verify", file("whole.jsonl", text(lines)), "--key", jwks)).status).toBe(0);
});

test("used wrongly: what is wrong, the help, and exit code 2", async () => {
  for (const [args, said] of [
    [["verify"], "Say which <place>"],
    [["verify", join(folder, "none.jsonl"), "--key", publicFile], "none.jsonl can't be read"],
    [["verify", publicFile, "--key", publicFile, "--unsigned"], "not both"],
    [["verify", publicFile, "--format", "xml", "--unsigned"], "--format is text or json"],
    [["nothing"], 'There is no command "nothing"'],
  ] as const) {
    const { status, stderr } = await run(...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(said)]);
  }
  const { status, stderr } = await run("verify", file("empty.jsonl", ""), "--key", publicFile);
  expect([status, stderr]).toEqual([2, expect.stringContaining("no records there")]);
});

test("a database: to its head, also when its last records were deleted; and not while a gateway has it", async () => {
  vi.stubEnv("DATA_DIR", dataDir);
  const used = await run("verify", "db");
  expect([used.status, used.stderr]).toEqual([2, expect.stringContaining("is used by another gateway")]);
  await database.close();
  const whole = await run("verify", "db");
  expect([whole.status, whole.stdout]).toEqual([0, expect.stringContaining("Complete and unchanged: 22 records")]);
  const again = await openDatabase({ dataDir });
  await again.kysely.deleteFrom("gateway_audit").where("sequence", ">", 20).execute();
  await again.close();
  const cut = await run("verify", "db");
  expect([cut.status, cut.stdout]).toEqual([1, expect.stringContaining("goes to record 22")]);
});

describe.skipIf(!hasMoto())("a log group", () => {
  test("is verified from CloudWatch", async () => {
    const moto = await startMoto();
    const environment = { AWS_ENDPOINT_URL: moto.url, AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "test" };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    const group = "/permit-mcp-gateway/verified";
    await new CloudWatchLogsClient({}).send(new CreateLogGroupCommand({ logGroupName: group }));
    const source = await openMemoryDatabase();
    await writeLog(source, await createFileAuditSigner(keyFile));
    const destination = createCloudWatchDestination({ kind: "cloudwatch", name: `cloudwatch:${group}`, group }, "demo");
    const shipments = createAuditShipments(source);
    await startAuditShipper({ shipments, destination, clock, log: testLog() }).stop(10_000);
    const { status, stdout } = await run("verify", `cloudwatch:${group}`, "--key", publicFile);
    expect([status, stdout]).toEqual([0, expect.stringContaining("Complete and unchanged: 22 records")]);
    await source.close();
    await moto.stop();
  });
});
