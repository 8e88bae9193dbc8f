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

/**
 * Ends the process at a PANIC: there is no server that would start its sessions anew, and the next statement would never
 * come back and hold the event loop for ever. What was committed is in the write-ahead log, from which the next process
 * goes on.
 */
class EmbeddedPostgres extends PGlite {
  override async execProtocolStream(...args: Parameters<PGlite["execProtocolStream"]>) {
    try {
      return await super.execProtocolStream(...args);
    } catch (error) {
      const { severity, message } = error as { readonly severity?: string; readonly message: string };
      if (severity !== "PANIC") throw error;
      process.stderr.write(
        `The embedded database can't go on: ${message}. The gateway ends, and can be started again.\n`,
      );
      process.exit(1);
    }
  }
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
          ? new EmbeddedPostgres(join(target.dataDir, "database"))
          : new EmbeddedPostgres(target.cluster === undefined ? {} : { loadDataDir: target.cluster }),
    }),
    lockAcrossProcesses: (_key, run) => run(),
    ifAloneAcrossProcesses: async (_key, run) => {
      await run();
      return true;
    },
    close: async () => release(),
  };
}
