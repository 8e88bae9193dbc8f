import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import { unpackCluster } from "../../testing/unpack-cluster.ts";
import { openDatabase } from "./database.ts";
import { DataFolderInUseError } from "./database-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "gateway-database-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const row = {
  chain: "01890000-0000-7000-8000-000000000002",
  sequence: 1,
  id: "01890000-0000-7000-8000-000000000001",
  time: "2026-01-02T03:04:05.678Z",
  event: "tool_call",
  human: "developer@example.com",
  agent: "c1",
  server: "issues",
  tool: "list_issues",
  decision: "allow",
  code: "ALLOWED",
  line: "{}",
} as const;

describe("the embedded database", () => {
  test("keeps its rows over a restart and refuses a second process meanwhile", async () => {
    unpackCluster(folder);
    const first = await openDatabase({ dataDir: folder });
    await first.kysely.insertInto("gateway_audit").values(row).execute();

    await expect(openDatabase({ dataDir: folder })).rejects.toThrow(DataFolderInUseError);
    const script = `import("${new URL("./database-lock.ts", import.meta.url)}").then((m) => m.lockDataFolder(${JSON.stringify(folder)}))`;
    const other = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(other.status).not.toBe(0);
    expect(other.stderr).toContain(`is used by another gateway (process ${process.pid})`);

    await first.close();
    const second = await openDatabase({ dataDir: folder });
    const read = await second.kysely.selectFrom("gateway_audit").selectAll().execute();
    expect(read).toEqual([{ ...row, time: new Date(row.time) }]);
    await second.close();
  });

  test("is free again after its process was killed", () => {
    const killed = join(folder, "killed");
    const script = `import("${new URL("./database-lock.ts", import.meta.url)}").then((m) => { m.lockDataFolder(${JSON.stringify(killed)}); process.kill(process.pid, "SIGKILL"); })`;
    const other = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    expect(other.signal).toBe("SIGKILL");
    const again = spawnSync(
      process.execPath,
      ["--input-type=module", "-e", script.replace("process.kill", "console.log")],
      { encoding: "utf8" },
    );
    expect([again.status, again.stderr]).toEqual([0, ""]);
  });
});

test("work under one key runs one at a time, under another key at the same time, and a failure blocks nobody", async () => {
  const database = await openMemoryDatabase();
  const order: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = database.exclusively("a", async () => {
    await held;
    order.push("first");
    throw new Error("first failed");
  });
  const second = database.exclusively("a", async () => order.push("second"));
  await database.exclusively("b", async () => order.push("other"));
  release();
  await expect(first).rejects.toThrow("first failed");
  await second;
  expect(order).toEqual(["other", "first", "second"]);
  await database.close();
});
