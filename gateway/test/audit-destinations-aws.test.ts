/** Audit lines to CloudWatch Logs and S3: real HTTP and signatures, moto in the place of AWS. */
import { createHash } from "node:crypto";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createCloudWatchDestination } from "../src/adapters/audit-destinations/cloudwatch.ts";
import { createS3Destination } from "../src/adapters/audit-destinations/s3.ts";
import { lineBatches } from "../src/audit/line-batches.ts";
import type { AuditDestination } from "../src/deps/audit.ts";
import { hasMoto, type Moto, startMoto } from "../testing/moto.ts";
import { type AwsGate, openAwsGate } from "./audit-destinations-aws-gate.ts";
import { chainLines, jsonLines, settingsOf } from "./audit-destinations-fixture.ts";

describe.skipIf(!hasMoto())("AWS", () => {
  let moto: Moto;
  let gate: AwsGate;
  let places = 0;
  let open: AuditDestination[] = [];

  beforeAll(async () => {
    moto = await startMoto();
    gate = await openAwsGate(moto.url);
    vi.stubEnv("AWS_ENDPOINT_URL", gate.url);
    vi.stubEnv("AWS_REGION", "eu-west-1");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    gate.close();
    await moto.stop();
  });
  beforeEach(() => {
    gate.answer = "pass";
    gate.requests.length = 0;
    places += 1;
  });
  afterEach(async () => {
    for (const each of open) await each.close();
    open = [];
  });
  const kept = (destination: AuditDestination) => {
    open.push(destination);
    return destination;
  };

  describe("CloudWatch Logs", () => {
    const reader = () => new CloudWatchLogsClient({ endpoint: moto.url });
    const group = () => `/permit-mcp-gateway/audit-${places}`;
    const destination = (name = group()) =>
      kept(createCloudWatchDestination(settingsOf("cloudwatch", `cloudwatch:${name}`), "demo"));
    beforeEach(async () => {
      await reader().send(new CreateLogGroupCommand({ logGroupName: group() }));
    });
    const streams = async () => {
      const { logStreams = [] } = await reader().send(new DescribeLogStreamsCommand({ logGroupName: group() }));
      return logStreams.map(({ logStreamName = "" }) => logStreamName);
    };
    const messages = async (stream: string) => {
      const found: string[] = [];
      let nextToken: string | undefined;
      for (;;) {
        const asked = { logGroupName: group(), logStreamName: stream, startFromHead: true, nextToken };
        const page = await reader().send(new GetLogEventsCommand(asked));
        if (page.events === undefined || page.events.length === 0) return found;
        found.push(...page.events.map(({ message = "" }) => message));
        nextToken = page.nextForwardToken;
      }
    };
    const puts = () => gate.requests.filter(({ target }) => target === "PutLogEvents");
    const timesOf = (body: Buffer) => {
      const { logEvents } = JSON.parse(body.toString()) as {
        readonly logEvents: readonly { readonly timestamp: number }[];
      };
      return logEvents.map(({ timestamp }) => timestamp);
    };

    test("each chain has a stream, with its lines as they are and in its order", async () => {
      const cloudwatch = destination();
      const [one, two] = [chainLines(1_200), chainLines(3)];
      expect(await cloudwatch.deliver(one.slice(0, 700))).toBe(0);
      await cloudwatch.deliver(two);
      await cloudwatch.deliver(one.slice(700));
      expect((await streams()).toSorted()).toEqual([`demo/${one[0]?.chain}`, `demo/${two[0]?.chain}`].toSorted());
      expect(await messages(`demo/${one[0]?.chain}`)).toEqual(one.map(({ line }) => line));
      expect(await messages(`demo/${two[0]?.chain}`)).toEqual(two.map(({ line }) => line));
    });

    test("lines of one moment keep the order of the chain, and every line has its time", async () => {
      const startMs = Date.now() - 60_000;
      const after = [0, 9, 9, 9, 9, 30, 30, 31];
      const lines = chainLines(after.length, { time: (index) => startMs + (after[index] ?? 0) });
      await destination().deliver(lines);
      const sent = puts().at(-1)?.body ?? Buffer.alloc(0);
      expect(timesOf(sent).map((time) => time - startMs)).toEqual(after);
      expect(await messages(`demo/${lines[0]?.chain}`)).toEqual(lines.map(({ line }) => line));
    });

    test("as much as the limits let through is taken", async () => {
      const cloudwatch = destination();
      const lines = chainLines(1_100, { pad: 2_000 });
      const [first] = lineBatches(lines, cloudwatch.limits);
      await cloudwatch.deliver(first ?? []);
      expect(first?.length).toBeLessThan(lines.length);
      expect(await messages(`demo/${lines[0]?.chain}`)).toHaveLength(first?.length ?? 0);
    });

    test.each(["throttle", "hang up"] as const)(
      "%s: it is thrown after the SDK's attempts, and nothing is there",
      async (answer) => {
        const cloudwatch = destination();
        const lines = chainLines(5);
        await cloudwatch.deliver(lines.slice(0, 1));
        gate.requests.length = 0;
        gate.answer = answer;
        await expect(cloudwatch.deliver(lines.slice(1))).rejects.toThrow();
        expect(puts()).toHaveLength(3);
        expect(await messages(`demo/${lines[0]?.chain}`)).toHaveLength(1);
        gate.answer = "pass";
        await cloudwatch.deliver(lines.slice(1));
        expect(await messages(`demo/${lines[0]?.chain}`)).toEqual(lines.map(({ line }) => line));
      },
    );

    test("what the service will never take is counted, and the rest is there", async () => {
      const oldMs = Date.now() - 20 * 24 * 60 * 60 * 1000;
      const old = chainLines(2, { time: (index) => oldMs + index });
      const refused = await destination().deliver(old);
      // AWS says where the first one is that it took; moto, where the last one is that it did not.
      expect([1, 2]).toContain(refused);
      expect(await messages(`demo/${old[0]?.chain}`)).toEqual([]);
    });

    test("a missing log group is a sentence that names it", async () => {
      await expect(destination("/no/such/group").deliver(chainLines(1))).rejects.toThrow(
        "There is no log group /no/such/group in this account and region. Make it, or correct AUDIT_DESTINATIONS.",
      );
    });
  });

  describe("S3", () => {
    const reader = () => new S3Client({ endpoint: moto.url });
    const bucket = () => `audit-bucket-${places}`;
    const destination = (place = `${bucket()}/audit`) =>
      kept(createS3Destination(settingsOf("s3", `s3://${place}`), "demo"));
    beforeEach(async () => {
      const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" } as const;
      await reader().send(new CreateBucketCommand({ Bucket: bucket(), CreateBucketConfiguration }));
    });
    const keys = async () => {
      const { Contents = [] } = await reader().send(new ListObjectsV2Command({ Bucket: bucket() }));
      return Contents.map(({ Key = "" }) => Key);
    };
    const object = async (Key: string) => {
      const { Body, ContentType } = await reader().send(new GetObjectCommand({ Bucket: bucket(), Key }));
      return { ContentType, text: await Body?.transformToString() };
    };
    const puts = () => gate.requests.filter(({ method }) => method === "PUT");
    const chain = "5f9c6a4e-0d0c-7000-8000-000000000001";
    // Of two days: the key has the first one's.
    const lines = chainLines(400, {
      chain,
      from: 41,
      pad: 2_000,
      time: (index) => Date.parse("2026-03-04T23:59:59.900Z") + index,
    });
    const key = `audit/demo/2026/03/04/${chain}-000000000041-000000000440.jsonl`;

    test("a delivery is one object of the lines as they are, which S3 checks by their SHA-256", async () => {
      expect(await destination().deliver(lines)).toBe(0);
      expect(await keys()).toEqual([key]);
      expect(await object(key)).toEqual({ ContentType: "application/x-ndjson", text: jsonLines(lines) });
      const [put] = puts();
      const digest = createHash("sha256").update(jsonLines(lines)).digest("base64");
      expect(put?.headers["x-amz-checksum-sha256"]).toBe(digest);
      expect(put?.body.toString()).toBe(jsonLines(lines));
      expect(put?.headers["content-encoding"]).toBeUndefined();
    });

    test("the same again is the same object; sorted by key the objects are in the order of the chain", async () => {
      const s3 = destination(bucket());
      const later = chainLines(2, { chain, from: 1_000_000, time: () => Date.parse(lines[0]?.time ?? "") });
      await s3.deliver(later);
      await s3.deliver(lines);
      await s3.deliver(lines);
      const folder = "demo/2026/03/04";
      const [first, second] = [`${chain}-000000000041-000000000440`, `${chain}-000001000000-000001000001`];
      expect((await keys()).toSorted()).toEqual([`${folder}/${first}.jsonl`, `${folder}/${second}.jsonl`]);
      expect((await object(`${folder}/${first}.jsonl`)).text).toBe(jsonLines(lines));
      expect(puts()[1]?.body.equals(puts()[2]?.body ?? Buffer.alloc(0))).toBe(true);
    });

    test.each(["throttle", "hang up", "lose the answer"] as const)(
      "%s: it is thrown, and delivered again is there once",
      async (answer) => {
        const s3 = destination();
        gate.answer = answer;
        await expect(s3.deliver(lines)).rejects.toThrow(`S3 did not take ${key}`);
        expect(puts()).toHaveLength(3);
        expect(await keys()).toEqual(answer === "lose the answer" ? [key] : []);
        gate.answer = "pass";
        await s3.deliver(lines);
        expect(await keys()).toEqual([key]);
        expect((await object(key)).text).toBe(jsonLines(lines));
      },
    );

    test("a missing bucket is a sentence that names it", async () => {
      await expect(destination("no-such-bucket").deliver(lines)).rejects.toThrow(
        "There is no bucket no-such-bucket. Make it, or correct AUDIT_DESTINATIONS.",
      );
    });

    test("so is a bucket that it may not write to", async () => {
      gate.answer = "deny";
      await expect(destination().deliver(lines)).rejects.toThrow("It needs s3:PutObject there");
      expect(await keys()).toEqual([]);
    });
  });
});
