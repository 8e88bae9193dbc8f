/** From the chains of the database to CloudWatch: real HTTP and signatures, moto in the place of AWS. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createCloudWatchDestination } from "../src/adapters/audit-destinations/cloudwatch.ts";
import { createAuditShipments } from "../src/adapters/audit-shipments.ts";
import type { Database } from "../src/adapters/database.ts";
import type { AuditLog } from "../src/audit/audit-log.ts";
import { type AuditShipper, startAuditShipper } from "../src/audit/shipper.ts";
import type { AuditDestination } from "../src/deps/audit.ts";
import { type TestDatabase, testDatabases } from "../src/oauth/testing/test-databases.ts";
import { auditLogOn, clearAudit, refusedCall, storedLines } from "../testing/audit-fixture.ts";
import { hasMoto, type Moto, startMoto } from "../testing/moto.ts";
import { type AwsGate, openAwsGate } from "./audit-destinations-aws-gate.ts";
import { settingsOf } from "./audit-destinations-fixture.ts";

// What reads and writes the tables is tested on both databases in `audit-log.test.ts` and `retention.test.ts`.
describe.skipIf(!hasMoto()).each(testDatabases.slice(-1))("$name: records shipped to CloudWatch", ({ open }) => {
  let moto: Moto;
  let gate: AwsGate;
  let here: TestDatabase;
  let database: Database;
  let audit: AuditLog;
  let shippers: AuditShipper[] = [];
  let groups = 0;
  let group = "";
  let aheadMs = 0;
  let told: { readonly level: string; readonly data: Record<string, unknown>; readonly message: string }[] = [];
  const logLine = (level: string) => (data: unknown, message?: string) =>
    void told.push({ level, data: data as Record<string, unknown>, message: message ?? "" });
  const log = { info: logLine("info"), error: logLine("error") } as never;
  const clock = () => new Date(Date.now() + aheadMs);

  beforeAll(async () => {
    [moto, here] = await Promise.all([startMoto(), open()]);
    ({ database } = here);
    gate = await openAwsGate(moto.url);
    vi.stubEnv("AWS_ENDPOINT_URL", gate.url);
    vi.stubEnv("AWS_REGION", "eu-west-1");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    gate.close();
    await Promise.all([moto.stop(), database.close()]);
  });
  beforeEach(async () => {
    await clearAudit(database);
    audit = auditLogOn(database);
    gate.answer = "pass";
    aheadMs = 0;
    told = [];
    groups += 1;
    group = `/permit-mcp-gateway/audit-${groups}`;
    await reader().send(new CreateLogGroupCommand({ logGroupName: group }));
  });
  afterEach(async () => {
    for (const shipper of shippers) await shipper.stop(5_000);
    shippers = [];
  });

  const reader = () => new CloudWatchLogsClient({ endpoint: moto.url });
  const write = async (names: readonly string[], to = audit) => {
    await Promise.all(names.map((name) => to.write(refusedCall(name))));
  };
  const names = (count: number, prefix = "tool") => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  const cloudWatch = (name = group) =>
    createCloudWatchDestination(settingsOf("cloudwatch", `cloudwatch:${name}`), "demo");
  /** Time passes a thousand times as fast for it. */
  const start = (destination: AuditDestination = cloudWatch(), from = database) => {
    const wait = async (ms: number, signal: AbortSignal) => {
      aheadMs += ms;
      await sleep(Math.max(5, ms / 1_000), undefined, { signal });
    };
    const shipments = createAuditShipments(from);
    const shipper = startAuditShipper({ shipments, destination, clock, log, wait });
    shippers.push(shipper);
    return shipper;
  };
  /** Lines by stream. */
  const shipped = async () => {
    const client = reader();
    const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupName: group }));
    const found = new Map<string, string[]>();
    for (const { logStreamName = "" } of logStreams) {
      const lines: string[] = [];
      let nextToken: string | undefined;
      for (;;) {
        const asked = { logGroupName: group, logStreamName, startFromHead: true, nextToken };
        const page = await client.send(new GetLogEventsCommand(asked));
        if (page.events === undefined || page.events.length === 0) break;
        lines.push(...page.events.map(({ message = "" }) => message));
        nextToken = page.nextForwardToken;
      }
      found.set(logStreamName, lines);
    }
    return found;
  };
  /** What is stored, as it must be there: by chain, in order, byte for byte. */
  const expected = async () => {
    const found = new Map<string, string[]>();
    for (const { chain, line } of await storedLines(database)) {
      const stream = `demo/${chain}`;
      found.set(stream, [...(found.get(stream) ?? []), line]);
    }
    return found;
  };
  const waiting = async () => (await createAuditShipments(database).waiting(`cloudwatch:${group}`)).length;
  const allShipped = () => expect.poll(waiting, { timeout: 20_000 }).toBe(0);
  const ended = async () => {
    for (const shipper of shippers) await shipper.stop(10_000);
    shippers = [];
  };

  test("each is there once, in order, byte for byte", async () => {
    await write(names(1_200));
    start();
    await write(names(1_300, "later"));
    await allShipped();
    await ended();
    expect(await shipped()).toEqual(await expected());
    expect(told.filter(({ level }) => level !== "info")).toEqual([]);
  });

  test("an outage of ten minutes, then throttling: it waits longer each time, and loses and doubles nothing", async () => {
    await write(names(30));
    gate.answer = "hang up";
    start();
    await expect.poll(() => aheadMs, { timeout: 60_000 }).toBeGreaterThan(10 * 60_000);
    const failures = () => told.filter(({ data }) => data.code === "AUDIT_NOT_SHIPPED");
    const before = failures().length;
    // No more than a minute apart, and not a hundred times.
    expect(before).toBeGreaterThan(10);
    expect(before).toBeLessThan(40);
    await write(names(30, "meanwhile"));
    gate.answer = "throttle";
    await expect.poll(() => failures().length, { timeout: 20_000 }).toBeGreaterThan(before);
    gate.answer = "pass";
    await allShipped();
    await ended();
    expect(await shipped()).toEqual(await expected());
    expect(told.some(({ message }) => message === "audit records are shipped again")).toBe(true);
  }, 90_000);

  test("what was delivered and not noted is delivered again, the same bytes", async () => {
    await write(names(5));
    const real = cloudWatch();
    let answered = 0;
    start({
      ...real,
      deliver: async (batch) => {
        const refused = await real.deliver(batch);
        answered += 1;
        if (answered === 1) throw new Error("The answer was lost.");
        return refused;
      },
    });
    await allShipped();
    await ended();
    const [lines = []] = [...(await shipped()).values()];
    const [stored = []] = [...(await expected()).values()];
    expect(lines).toEqual([...stored, ...stored]);
  });

  test("what the service will never take is said, stays in the table and holds up nothing", async () => {
    const days = 24 * 60 * 60 * 1000;
    const then = new Date(Date.now() - 20 * days);
    const before = auditLogOn(database, { clock: () => then });
    await Promise.all(["old-1", "old-2"].map((name) => before.write(refusedCall(name, then))));
    await write(["fresh"], before);
    start();
    await allShipped();
    await ended();
    const lines = [...(await shipped()).values()].flat();
    expect(lines.filter((line) => line.includes('"old-'))).toEqual([]);
    expect(lines.filter((line) => line.includes('"fresh"'))).toHaveLength(1);
    const refused = told.filter(({ data }) => data.code === "AUDIT_REFUSED");
    expect(refused).toHaveLength(1);
    expect(refused[0]?.message).toMatch(/^The destination refused \d of \d audit records for good\./);
    expect((await storedLines(database)).filter(({ tool }) => tool?.startsWith("old-"))).toHaveLength(2);
  });

  test("a missing log group is a sentence that names it", async () => {
    await write(["a"]);
    start(cloudWatch("/no/such/group"));
    const err = () => told.find(({ data }) => data.code === "AUDIT_NOT_SHIPPED")?.data.err;
    await expect.poll(err, { timeout: 10_000 }).toMatchObject({
      message:
        "There is no log group /no/such/group in this account and region. Make it, or correct AUDIT_DESTINATIONS.",
    });
  });

  test("the lag is the age of the oldest record that is not there", async () => {
    const then = new Date(Date.now() - 60_000);
    await auditLogOn(database, { clock: () => then }).write(refusedCall("old", then));
    await write(["new"]);
    gate.answer = "hang up";
    const shipper = start();
    await expect.poll(() => shipper.lagSeconds(), { timeout: 20_000 }).toBeGreaterThanOrEqual(60);
    gate.answer = "pass";
    await expect.poll(() => shipper.lagSeconds(), { timeout: 20_000 }).toBe(0);
    const lines = told.filter(({ message }) => message === "audit lag");
    expect(lines.at(-1)?.data).toEqual({ destination: `cloudwatch:${group}`, auditLagSeconds: 0 });
  });

  test("stopping ships what is there", async () => {
    const shipper = start();
    await allShipped();
    await write(["last"]);
    await shipper.stop(10_000);
    expect(await shipped()).toEqual(await expected());
  });

  test("of several replicas one ships a chain at a time, and another goes on where it stopped", async () => {
    const other = await here.connectAgain();
    const inFlight = new Map<string, number>();
    let together = 0;
    const real = cloudWatch();
    const watched: AuditDestination = {
      ...real,
      deliver: async (batch) => {
        const chain = batch[0]?.chain ?? "";
        inFlight.set(chain, (inFlight.get(chain) ?? 0) + 1);
        together = Math.max(together, inFlight.get(chain) ?? 0);
        const refused = await real.deliver(batch);
        inFlight.set(chain, (inFlight.get(chain) ?? 0) - 1);
        return refused;
      },
      close: () => undefined,
    };
    const first = start(watched);
    start(watched, other);
    const logs = [audit, auditLogOn(other)];
    for (let at = 0; at < 15; at += 1) await write(names(20, `part-${at}`), logs[at % 2]);
    await first.stop(10_000);
    await write(["late"]);
    await allShipped();
    await ended();
    await real.close();
    expect(await shipped()).toEqual(await expected());
    expect(together).toBe(1);
    await other.close();
  });
});
