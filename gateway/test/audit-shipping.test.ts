/** Audit records on their way to CloudWatch: real HTTP and signatures, moto in the place of AWS. */
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabaseAuditSink } from "../src/adapters/audit-database.ts";
import { createAuditOutbox } from "../src/adapters/audit-outbox.ts";
import { createCloudWatchDestination } from "../src/adapters/cloudwatch-logs.ts";
import { type Database, openDatabase } from "../src/adapters/database.ts";
import { auditLine } from "../src/audit/line.ts";
import { denyRecord } from "../src/audit/record.ts";
import { type AuditShipper, startAuditShipper } from "../src/audit/shipper.ts";
import type { AuditDestination, AuditRecord } from "../src/deps/audit.ts";
import type { Grant } from "../src/deps/grants.ts";
import { openMemoryDatabase } from "../testing/memory-database.ts";
import { hasMoto, type Moto, startMoto } from "../testing/moto.ts";

const grant = { id: "g", email: "alice@example.com", clientId: "c", clientName: "Client" } as Grant;
const startMs = Date.now() - 60_000;
const record = (number: number, timeMs = startMs + number): AuditRecord =>
  denyRecord(
    {
      requestId: "r",
      host: "demo",
      now: new Date(timeMs),
      grant,
      server: "issues",
      asked: { tool: `tool-${number}`, trust: null },
    },
    "NO_GRANT",
    "No grant.",
  );
const clock = () => new Date();

/** Passes on to moto what the test lets through, and answers the rest as AWS does when it is overloaded or gone. */
interface Gate {
  readonly url: string;
  answer: "pass" | "throttle" | "hang up";
  readonly targets: string[];
  close(): void;
}

async function openGate(moto: Moto): Promise<Gate> {
  const gate: Omit<Gate, "url" | "close"> = { answer: "pass", targets: [] };
  const http: Server = createServer((incoming, outgoing) => {
    gate.targets.push(String(incoming.headers["x-amz-target"]).split(".").at(-1) ?? "");
    if (gate.answer === "hang up") return void incoming.socket.destroy();
    if (gate.answer === "throttle") {
      outgoing.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      return void outgoing.end(JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" }));
    }
    const { method, headers, url } = incoming;
    const passed = request(`${moto.url}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return Object.assign(gate, {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: () => {
      http.close();
      http.closeAllConnections();
    },
  });
}

describe.skipIf(!hasMoto())("records shipped to CloudWatch", () => {
  let moto: Moto;
  let gate: Gate;
  let database: Database;
  let shippers: AuditShipper[] = [];
  let groups = 0;
  let group = "";
  let lines: { readonly level: string; readonly data: Record<string, unknown>; readonly message: string }[] = [];
  const logLine = (level: string) => (data: unknown, message?: string) =>
    void lines.push({ level, data: data as Record<string, unknown>, message: message ?? "" });
  const log = { info: logLine("info"), warn: logLine("warn"), error: logLine("error") } as never;

  beforeAll(async () => {
    [moto, database] = await Promise.all([startMoto(), openMemoryDatabase()]);
    gate = await openGate(moto);
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: gate.url,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    });
  });
  afterAll(async () => {
    gate.close();
    await Promise.all([moto.stop(), database.close()]);
  });
  beforeEach(async () => {
    await database.kysely.deleteFrom("gateway_audit").execute();
    gate.answer = "pass";
    gate.targets.length = 0;
    lines = [];
    groups += 1;
    group = `/permit-mcp-gateway/audit-${groups}`;
    await reader().send(new CreateLogGroupCommand({ logGroupName: group }));
  });
  afterEach(async () => {
    for (const shipper of shippers) await shipper.stop(5_000);
    shippers = [];
  });

  const reader = () => new CloudWatchLogsClient({ endpoint: moto.url });
  const write = async (records: readonly AuditRecord[], into = database) => {
    const sink = createDatabaseAuditSink({ database: into, writeLines: () => undefined });
    await Promise.all(records.map((each) => sink.write(each)));
  };
  /** Waits a hundredth of what a shipper would. */
  const start = (destination = createCloudWatchDestination(group, "demo"), from = database) => {
    const outbox = createAuditOutbox({ database: from, clock });
    const wait = async (ms: number, signal: AbortSignal) => {
      const { setTimeout: sleep } = await import("node:timers/promises");
      await sleep(ms / 100, undefined, { signal });
    };
    const shipper = startAuditShipper({ outbox, destination, clock, log, wait });
    shippers.push(shipper);
    return shipper;
  };
  const shipped = async (): Promise<readonly string[]> => {
    const client = reader();
    const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupName: group }));
    const messages: string[] = [];
    for (const { logStreamName } of logStreams) {
      let nextToken: string | undefined;
      for (;;) {
        const page = await client.send(
          new GetLogEventsCommand({ logGroupName: group, logStreamName, startFromHead: true, nextToken }),
        );
        messages.push(...(page.events ?? []).map(({ message = "" }) => message));
        if (page.nextForwardToken === nextToken || page.events?.length === 0) break;
        nextToken = page.nextForwardToken;
      }
    }
    return messages;
  };
  const unshipped = async () => {
    const rows = await database.kysely
      .selectFrom("gateway_audit")
      .select("id")
      .where("shipped_at", "is", null)
      .execute();
    return rows.length;
  };
  const allShipped = () => expect.poll(unshipped, { timeout: 20_000 }).toBe(0);

  test("each is there once, in order, as the line that standard output would have had", async () => {
    const records = Array.from({ length: 2_500 }, (_, number) => record(number));
    await write(records.slice(0, 1_200));
    start();
    await write(records.slice(1_200));
    await allShipped();
    expect(await shipped()).toEqual(records.map(auditLine));
    expect(lines.filter(({ level }) => level !== "info")).toEqual([]);
  });

  test("throttled and cut off, it tries again, waits longer each time, and loses and doubles nothing", async () => {
    const records = Array.from({ length: 30 }, (_, number) => record(number));
    await write(records);
    gate.answer = "throttle";
    start();
    const failures = () => lines.filter(({ data }) => data.code === "AUDIT_NOT_SHIPPED").length;
    await expect.poll(failures, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    gate.answer = "hang up";
    const before = failures();
    await expect.poll(failures, { timeout: 20_000 }).toBeGreaterThan(before);
    expect(await unshipped()).toBe(30);
    gate.answer = "pass";
    await allShipped();
    expect(await shipped()).toEqual(records.map(auditLine));
    expect(lines.at(-1)?.message).toBe("audit records are shipped again");
  });

  test("what was delivered and not marked is delivered again under its id", async () => {
    const records = Array.from({ length: 5 }, (_, number) => record(number));
    await write(records);
    const real = createCloudWatchDestination(group, "demo");
    let answered = 0;
    const losesAnswers: AuditDestination = {
      ...real,
      deliver: async (batch) => {
        const refused = await real.deliver(batch);
        answered += 1;
        if (answered === 1) throw new Error("The answer was lost.");
        return refused;
      },
    };
    start(losesAnswers);
    await allShipped();
    const ids = (await shipped()).map((line) => (JSON.parse(line) as AuditRecord).id);
    expect(ids).toHaveLength(10);
    expect([...new Set(ids)]).toEqual(records.map(({ id }) => id));
  });

  test("what the service will never take is said, stays in the table and holds up nothing", async () => {
    const days = 24 * 60 * 60 * 1000;
    const old = [record(1, Date.now() - 20 * days), record(2, Date.now() - 20 * days + 1)];
    const fresh = [record(3), record(4)];
    await write([...old, ...fresh]);
    start();
    await allShipped();
    expect(await shipped()).toEqual(fresh.map(auditLine));
    const refused = lines.filter(({ data }) => data.code === "AUDIT_REFUSED");
    expect(refused.map(({ data }) => [data.from, data.to])).toEqual([[old[0]?.id, old[1]?.id]]);
    // AWS says where the first one is that it took; moto, where the last one is that it did not.
    expect(refused[0]?.message).toMatch(/^The log service refused [12] of 2 audit records for good\./);
    const rows = await database.kysely.selectFrom("gateway_audit").select("id").execute();
    expect(rows).toHaveLength(4);
  });

  test("a missing log group is a sentence that names it", async () => {
    await write([record(1)]);
    start(createCloudWatchDestination("/no/such/group", "demo"));
    const told = () => lines.find(({ data }) => data.code === "AUDIT_NOT_SHIPPED")?.data.err;
    await expect.poll(told, { timeout: 10_000 }).toMatchObject({
      message: "There is no log group /no/such/group in this account and region. Make it, or correct AUDIT_LOG_GROUP.",
    });
    expect(await unshipped()).toBe(1);
  });

  test("the lag is reported: the age of the oldest that is not shipped", async () => {
    await write([record(0)]);
    gate.answer = "hang up";
    start();
    await expect
      .poll(() => lines.find(({ message }) => message === "audit lag")?.data, { timeout: 10_000 })
      .toBeDefined();
    const { auditLagSeconds } = lines.find(({ message }) => message === "audit lag")?.data ?? {};
    expect(auditLagSeconds).toBeGreaterThanOrEqual(59);
    expect(auditLagSeconds).toBeLessThan(120);
  });

  test("stopping ships what is there", async () => {
    const shipper = start();
    await allShipped();
    await write([record(1)]);
    await shipper.stop(10_000);
    expect(await shipped()).toHaveLength(1);
  });

  test.skipIf(process.env.DATABASE_URL_TEST === undefined)(
    "of several replicas one ships at a time, and another goes on when it is gone",
    async () => {
      const name = `audit_shipping_${process.pid}`;
      const url = new URL(process.env.DATABASE_URL_TEST ?? "");
      const admin = new pg.Client({ connectionString: url.href });
      await admin.connect();
      await admin.query(`create database ${name}`);
      url.pathname = `/${name}`;
      const replicas = [await openDatabase({ url: url.href }), await openDatabase({ url: url.href })] as const;
      let shipping = 0;
      let together = 0;
      const real = createCloudWatchDestination(group, "demo");
      const watched: AuditDestination = {
        ...real,
        deliver: async (batch) => {
          shipping += 1;
          together = Math.max(together, shipping);
          const refused = await real.deliver(batch);
          shipping -= 1;
          return refused;
        },
      };
      const [first] = replicas.map((replica) => start(watched, replica));
      const records = Array.from({ length: 300 }, (_, number) => record(number));
      for (let at = 0; at < 300; at += 20)
        await write(records.slice(at, at + 20), replicas[(at / 20) % 2 === 0 ? 0 : 1]);
      await first?.stop(10_000);
      const late = [record(300), record(301)];
      await write(late, replicas[0]);
      // At least once: what the SDK sent again because an answer was lost has the same id.
      const ids = async () => [...new Set((await shipped()).map((line) => (JSON.parse(line) as AuditRecord).id))];
      await expect.poll(async () => (await ids()).length, { timeout: 20_000 }).toBe(302);
      expect((await ids()).toSorted()).toEqual([...records, ...late].map(({ id }) => id).toSorted());
      expect(together).toBe(1);
      for (const shipper of shippers) await shipper.stop(5_000);
      for (const replica of replicas) await replica.close();
      await admin.query(`drop database ${name}`);
      await admin.end();
    },
  );
});
