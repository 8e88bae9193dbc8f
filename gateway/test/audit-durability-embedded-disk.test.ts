/** The embedded database on a disk that is full, for real. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AuditWriter, missingFrom, startAuditWriter, storedAudit } from "../testing/audit-writer.ts";
import { hasSmallDisks, openSmallDisk, type SmallDisk } from "../testing/small-disk.ts";
import { unpackCluster } from "../testing/unpack-cluster.ts";

describe.skipIf(!hasSmallDisks())("a full disk", () => {
  let disk: SmallDisk;
  let writers: AuditWriter[] = [];
  beforeEach(() => {
    disk = openSmallDisk(120);
    unpackCluster(disk.folder);
  });
  afterEach(async () => {
    for (const writer of writers) await writer.kill();
    writers = [];
    disk.close();
  });
  const start = (recordBytes: number) => {
    const writer = startAuditWriter(disk.folder, recordBytes);
    writers.push(writer);
    return writer;
  };
  const enough = (list: readonly string[], count: number) =>
    expect.poll(() => list.length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(count);

  test("no space for the table: refused, and it goes on when there is space again", async () => {
    const writer = start(2_000);
    await enough(writer.acknowledged, 20);
    disk.fill(0);
    await enough(writer.refused, 5);
    disk.empty();
    await enough(writer.acknowledged, writer.acknowledged.length + 20);
    await writer.kill();
    const { ids, problems } = await storedAudit(disk.folder);
    expect(missingFrom(ids, writers)).toEqual([]);
    expect(writer.refused.filter((id) => ids.includes(id))).toEqual([]);
    expect(problems).toEqual(["END_MISSING"]);
  });

  test("no space for the write-ahead log: the process says so and ends, and the next one has all that was promised", async () => {
    const writer = start(10_000);
    await enough(writer.acknowledged, 20);
    // Less than the next segment of the write-ahead log needs (16 MB), more than the tables do until then.
    disk.fill(15 * 1024 * 1024);
    expect(await writer.ended).toBe(1);
    expect(writer.errors()).toMatch(/^The embedded database can't go on: .*No space left on device/);
    // While there is none, it neither comes up nor hangs.
    expect(await start(10_000).ended).toBe(1);
    disk.empty();
    const next = start(10_000);
    await enough(next.acknowledged, 20);
    await next.kill();
    const { ids, problems } = await storedAudit(disk.folder);
    expect(missingFrom(ids, writers)).toEqual([]);
    expect(new Set(problems)).toEqual(new Set(["END_MISSING"]));
  });
});
