import { openAsBlob } from "node:fs";
import { type Database, openDatabase } from "../src/adapters/database.ts";

/** An empty database in memory, made from the cluster that the global setup has packed. */
export async function openMemoryDatabase(): Promise<Database> {
  const file = process.env.EMBEDDED_CLUSTER_TEST;
  return openDatabase(file === undefined ? { memory: true } : { memory: true, cluster: await openAsBlob(file) });
}
