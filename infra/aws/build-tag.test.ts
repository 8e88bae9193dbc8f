import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { buildTag } from "./build-tag.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A repository of these files. */
function repository(changes: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), "build-tag-"));
  folders.push(root);
  const files = {
    ".dockerignore": "*\n!package.json\n!gateway/src\n",
    "package.json": "{}",
    "gateway/Dockerfile": "FROM scratch",
    "gateway/src/server.ts": "start();",
    "README.md": "Not in the image",
    ...changes,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test("one content, one tag, wherever it is and whatever lies beside it", () => {
  const tag = buildTag(repository(), {});
  expect(tag).toMatch(/^[0-9a-f]{24}$/);
  expect(buildTag(repository(), {})).toBe(tag);
  const beside = {
    "README.md": "changed",
    "gateway/src/node_modules/x/index.js": "x",
    "policies/hosts/a/host.yaml": "x",
  };
  expect(buildTag(repository(beside), {})).toBe(tag);
});

test("another content, another tag: a tag that is taken can't be pushed again", () => {
  const tags = [
    ...[
      {},
      { "gateway/src/server.ts": "begin();" },
      { "gateway/src/new.ts": "" },
      { "gateway/Dockerfile": "FROM base" },
    ],
    // The same bytes, cut elsewhere.
    { "gateway/src/server.ts": "start", "gateway/src/server.ts2": "();" },
  ].map((changes) => buildTag(repository(changes), {}));
  tags.push(buildTag(repository(), { BASE: "node@sha256:1" }), buildTag(repository(), { BASE: "node@sha256:2" }));
  expect(new Set(tags).size).toBe(tags.length);
});

test("what .dockerignore lets into the real build is there", () => {
  expect(() => buildTag(".", {})).not.toThrow();
});
