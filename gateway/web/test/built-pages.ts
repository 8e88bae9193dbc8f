import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const webFolder = fileURLToPath(new URL("..", import.meta.url));
const vite = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin", "vite.js");

/** The built pages on disk. */
export interface BuiltPages {
  readonly folder: string;
  /** Removes what this run built. `dist` stays. */
  remove(): Promise<void>;
}

/** `dist` when no source is newer, else a build in a folder of its own: another test may be reading `dist` now. */
export async function builtPages(): Promise<BuiltPages> {
  const dist = join(webFolder, "dist");
  const sources = ["src", "index.html", "vite.config.ts"].map((name) => newestMs(join(webFolder, name)));
  if (newestMs(join(dist, "index.html")) > Math.max(...sources)) return { folder: dist, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "gateway-web-"));
  // A process of its own, because vitest sets NODE_ENV=test and React would be built for development.
  const environment = { ...process.env, NODE_ENV: "production" };
  const options = ["build", webFolder, "--logLevel", "warn", "--outDir", folder, "--emptyOutDir"];
  await promisify(execFile)(process.execPath, [vite, ...options], { env: environment });
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

/** Time of the last change of a file, or of anything in a folder. 0 when it does not exist. */
function newestMs(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}
