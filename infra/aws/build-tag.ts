import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What `.dockerignore` lets into the build: its lines that begin with an exclamation mark. */
function buildInputs(root: string): string[] {
  const lines = readFileSync(join(root, ".dockerignore"), "utf8").split("\n");
  return lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1).trim());
}

function filesBelow(root: string, path: string): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .filter((name) => name !== "node_modules" && name !== "dist")
    .flatMap((name) => filesBelow(root, `${path}/${name}`));
}

/**
 * Tag of the image that is built from a folder: a digest of all that goes in. A repository that takes each tag once then
 * takes each content once, and nothing is built again while nothing changed.
 */
export function buildTag(root: string, buildArguments: Readonly<Record<string, string>>): string {
  const hash = createHash("sha256").update(JSON.stringify(Object.entries(buildArguments).toSorted()));
  const paths = ["gateway/Dockerfile", ...buildInputs(root)].flatMap((path) => filesBelow(root, path));
  for (const path of paths.toSorted()) {
    const content = readFileSync(join(root, path));
    // With the lengths, so that no two trees are the same bytes.
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 24);
}
