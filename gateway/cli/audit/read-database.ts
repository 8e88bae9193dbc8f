import { existsSync } from "node:fs";
import { UsageError } from "@permit-mcp-gateway/policies/cli/command";
import { z } from "zod";
import { createAuditShipments } from "../../src/adapters/audit-shipments.ts";
import { createAuditStore } from "../../src/adapters/audit-store.ts";
import { type Database, openDatabase } from "../../src/adapters/database.ts";
import type { Verifier } from "../../src/audit/verify/verifier.ts";
import { environmentSchema } from "../../src/config.ts";
import { databaseOf } from "../../src/database-settings.ts";
import type { PlacedLine } from "./read-places.ts";

const linesPerRead = 2_000;

/** Only what says where the database is. */
const databaseVariables = environmentSchema.pick({
  DATABASE_URL: true,
  DATABASE_HOST: true,
  DATABASE_PORT: true,
  DATABASE_NAME: true,
  DATABASE_USER: true,
  DATABASE_AUTH: true,
  DATABASE_CA_FILE: true,
  DATA_DIR: true,
});

/** The database that the gateway's variables name. Throws UsageError with a sentence for each that is wrong. */
export async function openGatewayDatabase(environment: NodeJS.ProcessEnv): Promise<Database> {
  const env = databaseVariables.safeParse(environment);
  if (!env.success) throw new UsageError(z.prettifyError(env.error));
  const found = databaseOf(env.data);
  if ("problems" in found) throw new UsageError(found.problems.join("\n"));
  const { database } = found;
  // Opening would make one.
  if ("dataDir" in database && !existsSync(database.dataDir)) {
    throw new UsageError(
      `There is no database in ${database.dataDir}. Set DATABASE_URL or DATA_DIR as the gateway has them.`,
    );
  }
  try {
    return await openDatabase(database, { migrate: false });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** All chains of the database, each to its head. */
export async function* readDatabase(environment: NodeJS.ProcessEnv, verifier: Verifier): AsyncGenerator<PlacedLine> {
  const database = await openGatewayDatabase(environment);
  try {
    yield* readChains(database, verifier);
  } finally {
    await database.close();
  }
}

/** The same of a database that is open. */
export async function* readChains(database: Database, verifier: Verifier): AsyncGenerator<PlacedLine> {
  const store = createAuditStore(database);
  const shipments = createAuditShipments(database);
  for (const { chain, sequence, hash, trimmed } of await store.chains()) {
    // Records that come meanwhile are none of this reading. That records were deleted, or that a chain has ended, only the
    // log itself can say: whoever can write to its table can write to this one.
    verifier.expectEnd({ chain, sequence, hash });
    for (let after = trimmed?.sequence ?? 0; after < sequence; ) {
      const lines = await shipments.lines(chain, after, Math.min(linesPerRead, sequence - after));
      if (lines.length === 0) break;
      for (const each of lines) {
        // The column can be written apart from the line.
        yield { line: each.line, place: `gateway_audit ${chain} ${each.sequence}` };
        after = each.sequence;
      }
    }
  }
}
