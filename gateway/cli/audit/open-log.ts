import { type ExitCode, type Output, UsageError } from "@permit-mcp-gateway/policies/cli/command";
import { createAuditReader } from "../../src/adapters/audit-query.ts";
import type { Database } from "../../src/adapters/database.ts";
import type { AuditReader } from "../../src/audit/query.ts";
import { openGatewayDatabase } from "./read-database.ts";

/** Opens the database that holds the log. Throws UsageError when there is none that can be used. */
export type OpenLog = () => Promise<Database>;

/** The database of this process's environment. */
export const openOwnLog: OpenLog = () => openGatewayDatabase(process.env);

/**
 * Runs `run` with the log, and closes it. A database that can't be opened was not asked for in a wrong way: it is said
 * without the program's help, and the exit code is 2.
 */
export async function withLog(
  open: OpenLog,
  output: Output,
  run: (reader: AuditReader, database: Database) => Promise<ExitCode>,
): Promise<ExitCode> {
  let database: Database;
  try {
    database = await open();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.note(error.message);
    return 2;
  }
  try {
    return await run(createAuditReader(database), database);
  } finally {
    await database.close();
  }
}
