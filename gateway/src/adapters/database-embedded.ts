import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { PGliteDialect } from "kysely";
import type { DatabaseDriver } from "./database-driver.ts";
import { lockDataFolder } from "./database-lock.ts";

/** PostgreSQL compiled to WebAssembly, in a folder or in memory. One process at a time; see `lockDataFolder`. */
export function openEmbedded(target: { readonly dataDir: string } | { readonly memory: true }): DatabaseDriver {
  const inFolder = "dataDir" in target;
  const release = inFolder ? lockDataFolder(target.dataDir) : () => undefined;
  return {
    // Kysely opens it with the first query and closes it with `destroy`.
    dialect: new PGliteDialect({
      pglite: () => (inFolder ? new PGlite(join(target.dataDir, "database")) : new PGlite()),
    }),
    lockAcrossProcesses: (_key, run) => run(),
    ifAloneAcrossProcesses: async (_key, run) => {
      await run();
      return true;
    },
    close: async () => release(),
  };
}
