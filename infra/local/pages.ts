import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./services.ts";

const pages = join(repository, "gateway/web");
const built = join(pages, "dist/index.html");

/** True when the built pages are newer than everything they are made of. */
function pagesAreFresh(): boolean {
  if (!existsSync(built)) return false;
  const builtAt = statSync(built).mtimeMs;
  const lockFile = join(repository, "package-lock.json");
  const sources = readdirSync(pages, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.startsWith("dist"))
    .map((path) => join(pages, path));
  return [lockFile, ...sources].every((path) => statSync(path).mtimeMs < builtAt);
}

/** Builds the gateway's pages, as the image build does, unless they are fresh. */
export function buildPages(onProgress: (line: string) => void): void {
  if (pagesAreFresh()) return;
  onProgress("Building the pages ...");
  execFileSync("npm", ["run", "--silent", "build:web"], { cwd: repository, stdio: "inherit" });
}
