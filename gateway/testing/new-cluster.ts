/**
 * Before all tests: an embedded database that was just made, packed into a file, its path in EMBEDDED_CLUSTER_TEST. To
 * make one takes PGlite five times as long as to unpack one, and a dozen test files begin with it.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import gateway from "../package.json" with { type: "json" };

const version = gateway.dependencies["@electric-sql/pglite"];
const file = fileURLToPath(new URL(`../../node_modules/.cache/pglite-${version}.tar`, import.meta.url));

async function pack(): Promise<void> {
  const database = await PGlite.create();
  const packed = await database.dumpDataDir("none");
  await database.close();
  mkdirSync(dirname(file), { recursive: true });
  // Whole or not at all: two runs may do this at once.
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, Buffer.from(await packed.arrayBuffer()));
  renameSync(unfinished, file);
}

/** Vitest global setup. */
export async function setup(): Promise<void> {
  if (!existsSync(file)) await pack();
  process.env.EMBEDDED_CLUSTER_TEST = file;
}
