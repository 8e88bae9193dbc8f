/** Audit lines into files, with crashes, rotation and full disks, and to a standard output with a slow reader. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFileDestination } from "../src/adapters/audit-destinations/file.ts";
import type { AuditDestination } from "../src/deps/audit.ts";
import { chainLines, jsonLines, settingsOf } from "./audit-destinations-fixture.ts";

describe("a file", () => {
  let folder = "";
  let path = "";
  let open: AuditDestination[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "audit-file-"));
    path = join(folder, "audit.jsonl");
  });
  afterEach(async () => {
    for (const each of open) await each.close();
    open = [];
    rmSync(folder, { recursive: true });
  });
  const destination = (at = path) => {
    const made = createFileDestination(settingsOf("file", pathToFileURL(at).href));
    open.push(made);
    return made;
  };
  const content = (at = path) => readFileSync(at, "utf8");

  test("has each line as it is, of several chains one delivery after another, and is for its owner", async () => {
    const file = destination();
    const deliveries = [chainLines(3), chainLines(400, { pad: 4_000 }), chainLines(2)];
    expect(await Promise.all(deliveries.map((lines) => file.deliver(lines)))).toEqual([0, 0, 0]);
    expect(content()).toBe(jsonLines(...deliveries));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  const before = chainLines(2);
  const lines = chainLines(2, { from: 3 });
  const [torn] = lines.map(({ line }) => line) as [string];
  const within = Buffer.from(torn.slice(0, torn.indexOf("😀") + 2)).subarray(0, -2);
  test.each<[string, string | Buffer, string]>([
    ["half a line", torn.slice(0, 40), ""],
    ["a line that ends within a character", within, ""],
    ["zeros, as after a power failure", "\0".repeat(4096), ""],
    ["a line and zeros", `${torn.slice(0, 40)}${"\0".repeat(100)}`, ""],
    ["a whole line without its newline", torn, `${torn}\n`],
  ])("that ends with %s is mended, and keeps what is before it", async (_, tail, kept) => {
    writeFileSync(path, Buffer.concat([Buffer.from(jsonLines(before)), Buffer.from(tail)]));
    await destination().deliver(lines);
    expect(content()).toBe(jsonLines(before) + kept + jsonLines(lines));
  });

  test("that begins with a torn line is mended too", async () => {
    writeFileSync(path, torn.slice(0, 40));
    await destination().deliver(lines);
    expect(content()).toBe(jsonLines(lines));
  });

  test("that is somebody else's is left as it is", async () => {
    for (const foreign of ["127.0.0.1 localhost", `${"x".repeat(9 * 1_048_576)}`, `{${"x".repeat(9 * 1_048_576)}`]) {
      writeFileSync(path, foreign);
      await expect(destination().deliver(lines)).rejects.toThrow("does not end like a file of audit records");
      expect(content() === foreign).toBe(true);
    }
    await expect(destination("/dev/null").deliver(lines)).rejects.toThrow("does not end like a file of audit records");
  });

  test("is made anew when it was moved or deleted, and the old one is let go", async () => {
    const file = destination();
    await file.deliver(before);
    renameSync(path, `${path}.1`);
    await file.deliver(lines);
    expect([content(`${path}.1`), content()]).toEqual([jsonLines(before), jsonLines(lines)]);
    rmSync(path);
    await file.deliver(lines);
    expect(content()).toBe(jsonLines(lines));
    renameSync(path, `${path}.2`);
    writeFileSync(path, jsonLines(before));
    await file.deliver(lines);
    expect(content()).toBe(jsonLines(before, lines));
    expect(content(`${path}.2`)).toBe(jsonLines(lines));
    if (!existsSync("/proc/self/fd")) return;
    const held = execFileSync("ls", ["-l", `/proc/${process.pid}/fd`], { encoding: "utf8" });
    expect(held.split("\n").filter((line) => line.includes(folder))).toHaveLength(1);
  });

  test("that is deleted while it is written is no delivery", async () => {
    const large = chainLines(4_000, { pad: 1_900 });
    for (let tries = 0; ; tries += 1) {
      const delivery = destination()
        .deliver(large)
        .then(() => "delivered", String);
      while (!existsSync(path) || statSync(path).size === 0) await sleep(0);
      rmSync(path);
      // It may have been on the disk before.
      const ended = await delivery;
      if (ended.includes("it was deleted meanwhile")) return;
      expect([ended, tries < 20]).toEqual(["delivered", true]);
    }
  });

  test("that can't be is a sentence", async () => {
    await expect(destination(join(folder, "no", "audit.jsonl")).deliver(lines)).rejects.toThrow(
      "The folder of the audit file",
    );
    mkdirSync(join(folder, "sub"));
    await expect(destination(join(folder, "sub")).deliver(lines)).rejects.toThrow("is a folder");
    expect(existsSync(join(folder, "no"))).toBe(false);
  });

  test("that was closed takes nothing", async () => {
    const file = destination();
    await file.deliver(before);
    await file.close();
    await expect(file.deliver(lines)).rejects.toThrow("it is closed");
    expect(content()).toBe(jsonLines(before));
  });

  test.skipIf(process.getuid?.() !== 0 || !canMount())(
    "on a full disk takes no half line, and goes on when there is space",
    async () => {
      const disk = join(folder, "disk");
      mkdirSync(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
      try {
        const at = join(disk, "audit.jsonl");
        const file = destination(at);
        await file.deliver(before);
        writeFileSync(join(disk, "ballast"), Buffer.alloc(700_000));
        const large = chainLines(100, { from: 3, pad: 10_000 });
        await expect(file.deliver(large)).rejects.toThrow("There is no space for the audit file");
        await expect(file.deliver(large)).rejects.toThrow("There is no space for the audit file");
        rmSync(join(disk, "ballast"));
        await file.deliver(large.slice(0, 20));
        const all = content(at).split("\n");
        expect(all.pop()).toBe("");
        // Some came several times, none in part, and the last ones in order.
        const known = new Set([...before, ...large].map(({ line }) => line));
        expect(all.filter((line) => !known.has(line))).toEqual([]);
        expect(all.slice(-20)).toEqual(large.slice(0, 20).map(({ line }) => line));
        await file.close();
      } finally {
        execFileSync("umount", [disk]);
      }
    },
  );
});

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "audit-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("standard output", () => {
  /** A gateway's part that is of interest: delivers 400 lines and says on another descriptor when that has resolved. */
  const program = (module: string, fixture: string) => `
    import { writeSync } from "node:fs";
    const { createStandardOutputDestination } = await import(${JSON.stringify(module)});
    const { chainLines, settingsOf } = await import(${JSON.stringify(fixture)});
    const lines = chainLines(400, { chain: "c", pad: 2000, time: () => 0 });
    const destination = createStandardOutputDestination(settingsOf("stdout", "stdout:"));
    await destination.deliver(lines).then(() => writeSync(2, "delivered"), (error) => writeSync(2, error.message));
    await destination.close();
  `;
  const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  const start = () => {
    const source = program(
      here("../src/adapters/audit-destinations/standard-output.ts"),
      here("audit-destinations-fixture.ts"),
    );
    const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, exited, said: () => said };
  };

  test("a slow reader makes it wait, and gets every line", async () => {
    const { child, exited, said } = start();
    await new Promise((resolve) => child.stdout.once("readable", resolve));
    // A pipe holds 64 kB, the lines are 900 kB.
    await sleep(500);
    expect(said()).toBe("");
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
    expect(await exited).toBe(0);
    expect(said()).toBe("delivered");
    expect(Buffer.concat(chunks).toString()).toBe(jsonLines(chainLines(400, { chain: "c", pad: 2000, time: () => 0 })));
  });

  test("a reader that is gone is an error and not the end of the process", async () => {
    const { child, exited, said } = start();
    await new Promise((resolve) => child.stdout.once("readable", resolve));
    child.stdout.destroy();
    expect(await exited).toBe(0);
    expect(said()).toBe("Standard output does not take audit records any more.");
  });
});
