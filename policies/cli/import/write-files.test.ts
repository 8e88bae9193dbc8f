import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WriteError, writeFiles } from "./write-files.ts";

/** The rename that fails, counted from 1; 0: none. No file system of a test machine fails on demand. */
const failing = vi.hoisted(() => ({ rename: 0 }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const renameSync: typeof fs.renameSync = (from, to) => {
    failing.rename -= 1;
    if (failing.rename === 0) throw Object.assign(new Error("no space"), { code: "ENOSPC", path: String(to) });
    fs.renameSync(from, to);
  };
  return { ...fs, renameSync };
});

let host: string;
const at = (...names: string[]) => join(host, ...names);
const both = () => [
  { file: at("servers/a.lock.json"), text: "new lock" },
  { file: at("servers/a.yaml"), text: "new" },
];

beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), "write-files-"));
  mkdirSync(at("servers"));
  failing.rename = 0;
});
afterEach(() => rmSync(host, { recursive: true }));

test("makes the folder, keeps the mode and leaves nothing else behind", () => {
  rmSync(at("servers"), { recursive: true });
  writeFiles(both());
  expect(readdirSync(at("servers"))).toEqual(["a.lock.json", "a.yaml"]);
  writeFileSync(at("servers/b.yaml"), "old", { mode: 0o600 });
  writeFiles([{ file: at("servers/b.yaml"), text: "new" }]);
  expect(statSync(at("servers/b.yaml")).mode & 0o777).toBe(0o600);
});

test("puts the first file back when the second can't be put in its place", () => {
  writeFileSync(at("servers/a.lock.json"), "old lock");
  failing.rename = 2;
  expect(() => writeFiles(both())).toThrow(/a\.yaml can't be written \(ENOSPC\); nothing was changed\./);
  expect(readdirSync(at("servers"))).toEqual(["a.lock.json"]);
  expect(readFileSync(at("servers/a.lock.json"), "utf8")).toBe("old lock");

  rmSync(at("servers/a.lock.json"));
  failing.rename = 2;
  expect(() => writeFiles(both())).toThrow(WriteError);
  expect(readdirSync(at("servers"))).toEqual([]);
});

test.each(["servers/a.yaml", "servers/a.lock.json", "servers"])("follows no link at %s", (link) => {
  const outside = mkdtempSync(join(tmpdir(), "write-files-outside-"));
  rmSync(at(link), { recursive: true, force: true });
  symlinkSync(link === "servers" ? outside : join(outside, "target"), at(link));
  expect(() => writeFiles(both())).toThrow("is a symbolic link");
  expect(readdirSync(outside)).toEqual([]);
  expect(existsSync(at("servers/a.lock.json"))).toBe(false);
  rmSync(outside, { recursive: true });
});
