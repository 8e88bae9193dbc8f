/** What somebody does to a log, and what is said of it. */
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import fc from "fast-check";
import { calculateJwkThumbprint, type JWK } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { allowedCall, auditLogOn, refusedCall, storedLines } from "../../../testing/audit-fixture.ts";
import { openMemoryDatabase } from "../../../testing/memory-database.ts";
import { testLog } from "../../../testing/test-log.ts";
import { createAuditStore } from "../../adapters/audit-store.ts";
import type { Database } from "../../adapters/database.ts";
import type { ChainHead } from "../../deps/audit-records.ts";
import type { AuditSigner } from "../../deps/audit-signer.ts";
import { callResult } from "../call-result.ts";
import { sealLine } from "../export-seal.ts";
import { hashOf, lineOf, noLine } from "../line.ts";
import { startLogKeeper } from "../log-keeper.ts";
import { logRecord } from "../log-record.ts";
import { createVerifier, type VerifierOptions } from "./verifier.ts";

async function newSigner() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const jwk = publicKey.export({ format: "jwk" }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  const signer: AuditSigner = { kid, sign: async (bytes) => sign(null, bytes, privateKey), close: () => undefined };
  return { signer, keys: new Map([[kid, jwk]]) };
}
const { signer, keys } = await newSigner();

let database: Database;
/** Lines of a replica from its start to its end, and of another one that was killed and found. */
let lines: readonly string[] = [];
let chains: readonly string[] = [];
let signedTimes = 0;

beforeAll(async () => {
  database = await openMemoryDatabase();
  const store = createAuditStore(database);
  const clock = () => new Date();
  const [log, killed] = [auditLogOn(database, { signer }), auditLogOn(database, { signer })];
  await killed.write(refusedCall("of the killed"));
  const [open, done] = [allowedCall("open"), allowedCall("done")];
  await Promise.all([killed.write(open), log.write(done)]);
  log.note(callResult(done, new Date(), { outcome: "answered", code: "ANSWERED", reason: "." }));
  const keeper = startLogKeeper({
    ...{ store, auditLog: log, host: "demo", checkpointMs: 150, clock, log: testLog() },
    deleteExpired: async () => undefined,
  });
  const has = async (event: string) => (await storedLines(database)).filter((row) => row.event === event).length;
  await vi.waitFor(async () => expect(await has("log_abandoned")).toBe(1), { timeout: 10_000 });
  for (let call = 0; call < 30; call += 1) await log.write(refusedCall(`call-${call} é 日本`));
  const before = await has("log_checkpoint");
  await vi.waitFor(async () => expect(await has("log_checkpoint")).toBeGreaterThan(before), { timeout: 10_000 });
  await keeper.stop(5_000);
  const stored = await storedLines(database);
  lines = stored.map(({ line }) => line);
  chains = [...new Set(stored.map(({ chain }) => chain))];
  signedTimes = stored.filter(({ event }) => event === "log_checkpoint" || event === "log_ended").length;
});
afterAll(() => database.close());

async function verify(some: readonly string[], options: Partial<VerifierOptions> = {}) {
  const verifier = createVerifier({ keys, asOf: new Date(), live: false, expires: false, ...options });
  for (const [index, line] of some.entries()) await verifier.take(line, `line ${index + 1}`);
  return verifier.end();
}
const codes = async (some: readonly string[], options: Partial<VerifierOptions> = {}) =>
  (await verify(some, options)).problems.map(({ code }) => code);
const chainOf = (line: string) => (JSON.parse(line) as { unmapped: { chain: string } }).unmapped.chain;
const sequenceOf = (line: string) => (JSON.parse(line) as { metadata: { sequence: number } }).metadata.sequence;

describe("a log that nobody has touched", () => {
  test("is proven, with its chains and how they end", async () => {
    const report = await verify(lines);
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ records: lines.length, repeats: 0, openCalls: 0 });
    expect(report.chains.map(({ end }) => end).toSorted()).toEqual(["abandoned", "ended"]);
    const ended = report.chains.find(({ end }) => end === "ended");
    expect(ended?.signedTo).toBe(ended?.to);
    expect(signedTimes).toBeGreaterThan(2);
  });

  test("may come in parts and again, as shipping is at least once, and with its chains mixed", async () => {
    const again = [...lines.slice(0, 20), ...lines.slice(5)];
    expect(await verify(again)).toMatchObject({ records: lines.length, repeats: 15, problems: [] });
    const byChain = chains.map((chain) => lines.filter((line) => chainOf(line) === chain));
    const mixed = Array.from({ length: lines.length }, (_, index) => byChain.map((of) => of[index])).flat();
    expect(await codes(mixed.filter((line) => line !== undefined))).toEqual([]);
  });
});

describe("a log that somebody has touched", () => {
  test("any byte of any line", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, byte, xor) => {
        const bytes = Buffer.from(lines[at] ?? "");
        const place = byte % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ xor;
        const changed = bytes.toString("latin1") === Buffer.from(lines[at] ?? "").toString("latin1");
        expect(changed).toBe(false);
        const found = await verify(lines.with(at, bytes.toString()));
        expect(found.problems.length).toBeGreaterThan(0);
        // At the line itself, or at the one that names it.
        const places = found.problems.flatMap(({ place: where, sentence }) => [where ?? "", sentence]).join(" ");
        const near = [at + 1, at + 2].some((line) => new RegExp(`line ${line}\\b`).test(places));
        expect(near || places.includes(`Record ${sequenceOf(lines[at] ?? "")} `)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("any record taken out", async () => {
    for (const at of lines.keys()) {
      const { problems } = await verify(lines.toSpliced(at, 1));
      expect(problems.length, `record at ${at}`).toBeGreaterThan(0);
      const sequence = sequenceOf(lines[at] ?? "");
      expect(problems.map((problem) => problem.sequence)).toContain(sequence);
    }
  });

  test("any two put in each other's place", async () => {
    for (let at = 0; at + 1 < lines.length; at += 1) {
      const [first = "", second = ""] = [lines[at], lines[at + 1]];
      const ofOneChain = sequenceOf(second) === sequenceOf(first) + 1;
      const swapped = lines.with(at, second).with(at + 1, first);
      const { problems } = await verify(swapped);
      if (!ofOneChain) continue;
      expect(problems.map(({ code }) => code)).toContain("OUT_OF_ORDER");
      expect(problems.some(({ place }) => place === `line ${at + 1}` || place === `line ${at + 2}`)).toBe(true);
    }
  });

  test("any tail cut off", async () => {
    for (let length = 1; length < lines.length; length += 1) {
      const { problems } = await verify(lines.slice(0, length));
      expect(
        problems.map(({ code }) => code),
        `first ${length}`,
      ).toContain("END_MISSING");
    }
  });

  test("a chain taken out as a whole", async () => {
    const told = async (chain = "") => (await verify(lines.filter((line) => chainOf(line) !== chain))).problems;
    const [killed, ended] = chains;
    expect(await told(killed)).toContainEqual(expect.objectContaining({ code: "CHAIN_MISSING", chain: killed }));
    // Nobody was there who could tell of the other one; but it had told how the killed one ended.
    expect(await told(ended)).toMatchObject([{ code: "END_MISSING", chain: killed }]);
  });

  test("a beginning taken out", async () => {
    const first = lines.filter((line) => chainOf(line) === chains[0]).slice(1);
    const others = lines.filter((line) => chainOf(line) !== chains[0]);
    expect(await codes([...first, ...others])).toContain("BEGINNING_MISSING");
    expect(await codes([...first, ...others], { expires: true })).not.toContain("BEGINNING_MISSING");
  });

  test("all of it made anew, with another key or none", async () => {
    const other = await newSigner();
    expect(await codes(lines, { keys: other.keys })).toContain("SIGNATURE_UNKNOWN_KEY");
    const forged = await openMemoryDatabase();
    const log = auditLogOn(forged, { signer: other.signer });
    await log.write(refusedCall("forged"));
    const parts = { store: createAuditStore(forged), auditLog: log, host: "demo", checkpointMs: 60_000 };
    const rest = { clock: () => new Date(), log: testLog(), deleteExpired: async () => undefined };
    await startLogKeeper({ ...parts, ...rest }).stop(5_000);
    const forgedLines = (await storedLines(forged)).map(({ line }) => line);
    await forged.close();
    expect(await codes(forgedLines)).toEqual(["SIGNATURE_UNKNOWN_KEY"]);
    expect(await codes(forgedLines, { keys: undefined })).toEqual([]);
  });

  test("all of it made anew without signatures", async () => {
    const unsigned = await openMemoryDatabase();
    const log = auditLogOn(unsigned);
    await log.write(refusedCall("forged"));
    await startLogKeeper({
      ...{ store: createAuditStore(unsigned), auditLog: log, host: "demo", checkpointMs: 60_000 },
      ...{ clock: () => new Date(), log: testLog(), deleteExpired: async () => undefined },
    }).stop(5_000);
    const forged = (await storedLines(unsigned)).map(({ line }) => line);
    await unsigned.close();
    expect(await codes(forged)).toEqual(["SIGNATURE_MISSING"]);
  });

  test("a log that excuses what is missing with records that nobody has signed", async () => {
    const [killed = "", ended = ""] = chains;
    const of = (chain: string) => lines.filter((line) => chainOf(line) === chain);
    /** A chain that somebody has made up, of records of the log about another chain. */
    const madeUp = (event: "log_trimmed" | "log_abandoned", head: ChainHead) => {
      const chain = randomUUID();
      const record = logRecord(event, { host: "demo", now: new Date(), heads: [head] });
      return lineOf(record, { replica: "r9", chain, sequence: 1, previous: noLine });
    };
    const headAt = (some: readonly string[], index: number): ChainHead => {
      const line = some.at(index) ?? "";
      return { chain: chainOf(line), sequence: sequenceOf(line), hash: hashOf(line) };
    };
    const live = { live: true };
    const beheaded = of(killed).slice(1);
    const trimmed = madeUp("log_trimmed", headAt(of(killed), 0));
    expect(await codes([trimmed, ...beheaded, ...of(ended)], live)).toContain("BEGINNING_MISSING");
    expect(await codes([trimmed, ...beheaded, ...of(ended)], { ...live, keys: undefined })).toEqual([]);
    const cut = of(ended).slice(0, 3);
    const abandoned = madeUp("log_abandoned", headAt(cut, -1));
    const later = { asOf: new Date(Date.now() + 16 * 60_000), ...live, expires: true };
    expect(await codes([abandoned, ...cut], later)).toEqual(["END_MISSING", "END_MISSING"]);
    expect(await codes([abandoned, ...cut], { ...later, keys: undefined })).toEqual(["END_MISSING"]);
  });

  test("a line of something else", async () => {
    const { problems } = await verify([...lines, "{}", "not json", '{"seal":"x.y.z"}']);
    expect(problems.map(({ code, place }) => [code, place])).toEqual([
      ["NOT_A_RECORD", `line ${lines.length + 1}`],
      ["NOT_A_RECORD", `line ${lines.length + 2}`],
      ["SEAL_WRONG", `line ${lines.length + 3}`],
    ]);
  });
});

describe("a log that goes on", () => {
  test("is one while its replica is not silent for long, where that is said", async () => {
    const going = lines.filter((line) => chainOf(line) === chains[1]).slice(0, 3);
    const whole = { expires: true };
    expect(await codes(going, { live: true, ...whole })).toEqual([]);
    expect(await codes(going, { live: false, ...whole })).toEqual(["END_MISSING"]);
    const later = new Date(Date.now() + 16 * 60_000);
    expect(await codes(going, { live: true, asOf: later, ...whole })).toEqual(["END_MISSING"]);
  });
});

describe("an export", () => {
  const part = () => lines.filter((line) => chainOf(line) === chains[1]).slice(2, 9);
  const seal = async (by = signer) => {
    const some = part();
    const [first = "", last = ""] = [some[0], some.at(-1)];
    const { previous } = (JSON.parse(first) as { unmapped: { previous: string } }).unmapped;
    const head = {
      chain: chains[1] ?? "",
      first: { sequence: sequenceOf(first), previous },
      last: { sequence: sequenceOf(last), hash: hashOf(last) },
    };
    return sealLine({ sealedAt: new Date().toISOString(), heads: [head] }, by);
  };

  test("is proven from the record that the seal begins with to the one that it ends with", async () => {
    const report = await verify([...part(), await seal()], { expires: true });
    expect(report).toMatchObject({ problems: [], chains: [{ end: "sealed" }] });
    expect(await codes([...part().slice(1), await seal()])).toContain("BEGINNING_MISSING");
    expect(await codes([...part().slice(0, -1), await seal()])).toContain("END_MISSING");
    expect(await codes(part())).toContain("END_MISSING");
    expect(await codes([...part(), await seal((await newSigner()).signer)])).toContain("SEAL_WRONG");
  });
});
