/**
 * Puts what the image needs into a folder: the program without its tests, and of the installed packages those that it
 * runs with, in the versions of the lock file. Prints the folder. Nothing is downloaded.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";

/** What the program imports beside Node's own. */
const dependencies = ["fastify", "pg", "zod"];

const permit = dirname(import.meta.dirname);
const root = join(permit, "../../..");
const stage = mkdtempSync(join(tmpdir(), "local-permit-image-"));

/** The folder of a package as Node would find it from `from`; undefined for an optional one that is not installed. */
function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return found;
  }
  return undefined;
}

function copyPackage(name: string, from: string): void {
  const folder = findPackage(name, from);
  if (folder === undefined) return;
  const target = join(stage, relative(root, folder));
  if (existsSync(target)) return;
  cpSync(folder, target, { recursive: true, filter: (source) => basename(source) !== "node_modules" });
  const { dependencies: more = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  for (const each of Object.keys(more)) copyPackage(each, folder);
}

for (const name of dependencies) {
  if (findPackage(name, permit) === undefined) throw new Error(`${name} is not installed. Run npm ci first.`);
  copyPackage(name, permit);
}
const left = new Set(["bench", "container", "testing"]);
cpSync(permit, join(stage, relative(root, permit)), {
  recursive: true,
  filter: (source) => !left.has(basename(source)) && !source.endsWith(".test.ts"),
});
cpSync(join(root, "LICENSE"), join(stage, "LICENSE"));
cpSync(join(root, "infra/package.json"), join(stage, "infra/package.json"));
process.stdout.write(`${stage}\n`);
