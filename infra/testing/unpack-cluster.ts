import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/**
 * An empty embedded database in the data folder of a gateway that was never started: unpacked from the one that the tests'
 * global setup has made. To make one takes PGlite many times as long. Where there is none, the gateway makes its own.
 */
export function unpackCluster(dataDir: string): void {
  const packed = process.env.EMBEDDED_CLUSTER_TEST;
  if (packed === undefined) return;
  const folder = join(dataDir, "database");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  execFileSync("tar", ["-xf", packed, "-C", folder], { stdio: "ignore" });
}
