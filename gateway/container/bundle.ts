/**
 * Makes everything that the image holds, in a folder: the programs with what they import in a few files, the built
 * pages, and the bill of materials of exactly that. The same sources give the same bytes, so that an image is deployed
 * anew only when something has changed.
 *
 *     node gateway/container/bundle.ts FOLDER
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { build as buildPages, type Rolldown } from "vite";
import { billOfMaterials } from "./bill-of-materials.ts";

const gateway = dirname(import.meta.dirname);

/** What can be run in the image, by file name without its ending. */
const programs = {
  server: join(gateway, "src/server.ts"),
  "database-setup": join(gateway, "src/database-setup.ts"),
  "health-check": join(gateway, "src/health-check.ts"),
};

/** Imported only where it is installed, and it never is. */
const optional = new Set(["pg-native"]);
const builtin = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/** Bundles the programs into `folder` and returns the files on disk that went in. Throws on an import that is missing. */
async function bundlePrograms(folder: string): Promise<readonly string[]> {
  const bundle = await rolldown({
    input: programs,
    platform: "node",
    external: (id) => builtin.has(id) || optional.has(id),
    onLog: (level, log, print) => {
      if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
      // PGlite's: compiled from C, it evaluates code of its own.
      if (log.code !== "EVAL") print(level, log);
    },
  });
  const { output } = await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].js" });
  await bundle.close();
  return modulesOf(output);
}

async function bundlePages(folder: string): Promise<readonly string[]> {
  const root = join(gateway, "web");
  const built = await buildPages({ root, logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
  return (Array.isArray(built) ? built : [built]).flatMap((each) => ("output" in each ? modulesOf(each.output) : []));
}

function modulesOf(output: readonly (Rolldown.OutputChunk | Rolldown.OutputAsset)[]): string[] {
  return output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
}

/** The embedded database's own files, which it looks for beside the code that is now in the bundle. */
function copyDatabaseFiles(folder: string): void {
  const source = dirname(fileURLToPath(import.meta.resolve("@electric-sql/pglite")));
  for (const name of ["pglite.wasm", "pglite.data", "initdb.wasm"])
    copyFileSync(join(source, name), join(folder, name));
}

/** Fills `folder`, which is emptied first: `dist/*.js`, `web/dist`, `sbom.cdx.json`, `LICENSE`, `volumes/data`. */
export async function bundle(folder: string): Promise<void> {
  // Vite goes by it where it is set, and the pages would be built for development.
  process.env.NODE_ENV = "production";
  rmSync(folder, { recursive: true, force: true });
  const dist = join(folder, "dist");
  // The pages are where the server looks for them: `../web/dist`.
  const modules = [...(await bundlePrograms(dist)), ...(await bundlePages(join(folder, "web/dist")))];
  copyDatabaseFiles(dist);
  writeFileSync(join(folder, "sbom.cdx.json"), `${JSON.stringify(billOfMaterials(modules), null, 2)}\n`);
  copyFileSync(join(gateway, "../LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  mkdirSync(join(folder, "volumes/data"), { recursive: true, mode: 0o700 });
}

if (import.meta.main) {
  const [folder, ...more] = process.argv.slice(2);
  if (folder === undefined || more.length > 0) {
    process.stderr.write("Usage: node gateway/container/bundle.ts FOLDER\n");
    process.exitCode = 2;
  } else {
    await bundle(resolve(folder));
  }
}
