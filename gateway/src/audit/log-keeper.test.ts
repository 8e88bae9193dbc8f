/** Checkpoints and ends of chains; the chains and calls of replicas that were killed. */
import { generateKeyPairSync } from "node:crypto";
import { calculateJwkThumbprint, type JWK } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { allowedCall, auditLogOn, clearAudit, refusedCall, storedLines } from "../../testing/audit-fixture.ts";
import { testLog } from "../../testing/test-log.ts";
import { createAuditStore } from "../adapters/audit-store.ts";
import type { Database } from "../adapters/database.ts";
import type { AuditRecord } from "../deps/audit-records.ts";
import type { AuditSigner } from "../deps/audit-signer.ts";
import { testDatabases } from "../oauth/testing/test-databases.ts";
import type { AuditLog } from "./audit-log.ts";
import { callResult } from "./call-result.ts";
import { signatureState } from "./checkpoint-signature.ts";
import { type LogKeeper, startLogKeeper } from "./log-keeper.ts";
import { fromOcsf } from "./ocsf/from-ocsf.ts";
import { resultId } from "./result-id.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const jwk = publicKey.export({ format: "jwk" }) as JWK;
const kid = await calculateJwkThumbprint(jwk);
const { sign } = await import("node:crypto");
const signer: AuditSigner = { kid, sign: async (bytes) => sign(null, bytes, privateKey), close: () => undefined };
const keys = new Map([[kid, jwk]]);

describe.each(testDatabases)("$name", ({ open }) => {
  let database: Database;
  beforeAll(async () => {
    ({ database } = await open());
  });
  let keepers: LogKeeper[] = [];
  beforeEach(async () => {
    await clearAudit(database);
  });
  afterEach(async () => {
    for (const keeper of keepers) await keeper.stop(2_000);
    keepers = [];
  });
  afterAll(() => database.close());

  const clock = () => new Date();
  const deleteExpired = async () => undefined;
  const keep = (auditLog: AuditLog) => {
    const store = createAuditStore(database);
    const keeper = startLogKeeper({
      store,
      auditLog,
      host: "demo",
      checkpointMs: 50,
      deleteExpired,
      clock,
      log: testLog(),
    });
    keepers.push(keeper);
    return keeper;
  };
  const recordOf = ({ line }: { line: string }) => fromOcsf(JSON.parse(line))?.record as AuditRecord;
  const lines = () => storedLines(database);
  const events = async () => (await lines()).map(({ event }) => event);

  test("checkpoints are signed, each for all that is before it, and name the other chains", async () => {
    const [first, second] = [auditLogOn(database, { signer }), auditLogOn(database, { signer })];
    await first.write(refusedCall("a"));
    await second.write(refusedCall("b"));
    const other = second.head();
    keep(first);
    await expect.poll(events).toContain("log_checkpoint");
    const checkpoint = (await lines()).find(({ event }) => event === "log_checkpoint");
    expect(await signatureState(checkpoint?.line ?? "", keys)).toBe("good");
    expect(await signatureState(checkpoint?.line.replace("demo", "dem0") ?? "", keys)).toBe("wrong");
    expect(await signatureState(checkpoint?.line ?? "", new Map())).toBe("unknown key");
    expect(checkpoint && recordOf(checkpoint)).toMatchObject({ heads: [other] });
  });

  test("the end of a replica is signed and the last of its chain, which nobody settles", async () => {
    const log = auditLogOn(database, { signer });
    const call = allowedCall("a");
    await log.write(call);
    log.note(callResult(call, new Date(), { outcome: "answered", code: "ANSWERED", reason: "." }));
    await keep(log).stop(5_000);
    const all = await lines();
    expect(all.at(-1)?.event).toBe("log_ended");
    expect(await signatureState(all.at(-1)?.line ?? "", keys)).toBe("good");
    expect(await createAuditStore(database).openChains()).toEqual([]);
    expect(await createAuditStore(database).unsettled()).toEqual([]);
  });

  test("a replica that was killed: another one gives each open call one result, once, and says where the chain ends", async () => {
    const killed = auditLogOn(database);
    const [done, open] = [allowedCall("done"), allowedCall("open")];
    await Promise.all([done, open, refusedCall("refused")].map(killed.write));
    killed.note(callResult(done, new Date(), { outcome: "answered", code: "ANSWERED", reason: "." }));
    await killed.flushed();
    const head = killed.head();
    const survivors = [auditLogOn(database), auditLogOn(database)];
    for (const log of survivors) keep(log);
    await expect.poll(events, { timeout: 5_000 }).toContain("log_abandoned");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const all = (await lines()).map((line) => ({ ...recordOf(line), chain: line.chain }));
    const results = all.filter((record) => record.event === "call_result");
    expect(results).toMatchObject([
      { callId: done.id, outcome: "answered", chain: head?.chain },
      {
        callId: open.id,
        id: resultId(open.id),
        outcome: "unknown",
        code: "OUTCOME_UNKNOWN",
        human: "alice@example.com",
      },
    ]);
    const abandoned = all.filter((record) => record.event === "log_abandoned");
    expect(abandoned).toMatchObject([{ heads: [head] }]);
    // It was only slow: what it writes goes to a chain of its own, and the result that it knows comes too late.
    killed.note(callResult(open, new Date(), { outcome: "answered", code: "ANSWERED", reason: "." }));
    await killed.write(refusedCall("again"));
    const after = await lines();
    expect(after.filter(({ id }) => id === resultId(open.id))).toHaveLength(1);
    expect(after.find(({ tool }) => tool === "again")?.chain).not.toBe(head?.chain);
    expect(after.filter(({ chain }) => chain === head?.chain).at(-1)?.sequence).toBe(head?.sequence);
  });
});
