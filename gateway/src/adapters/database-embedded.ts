import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { PGliteDialect } from "kysely";
import type { DatabaseDriver } from "./database-driver.ts";
import { lockDataFolder } from "./database-lock.ts";

/** In memory, for tests; from a packed cluster (`dumpDataDir`) it is there sooner than from nothing. */
export interface MemoryTarget {
  readonly memory: true;
  readonly cluster?: Blob;
}

/** PostgreSQL compiled to WebAssembly, in a folder or in memory. One process at a time; see `lockDataFolder`. */
export function openEmbedded(target: { readonly dataDir: string } | MemoryTarget): DatabaseDriver {
  const inFolder = "dataDir" in target;
  const release = inFolder ? lockDataFolder(target.dataDir) : () => undefined;
  return {
    // Kysely opens it with the first query and closes it with `destroy`.
    dialect: new PGliteDialect({
      pglite: () =>
        inFolder
          ? new PGlite(join(target.dataDir, "database"))
          : new PGlite(target.cluster === undefined ? {} : { loadDataDir: target.cluster }),
    }),
    lockAcrossProcesses: (_key, run) => run(),
    ifAloneAcrossProcesses: async (_key, run) => {
      await run();
      return true;
    },
    close: async () => release(),
  };
}
