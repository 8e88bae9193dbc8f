import type { Program } from "@permit-mcp-gateway/policies/cli/run-program";
import { captureProgram } from "@permit-mcp-gateway/policies/cli/run-program";
import type { Database } from "../../../src/adapters/database.ts";
import type { AuditSigner } from "../../../src/deps/audit-signer.ts";
import { exportCommand } from "../export.ts";
import { queryCommand } from "../query.ts";
import { reportCommand } from "../report.ts";

/** When the tests' reports and exports are made. */
export const madeAt = new Date("2026-08-03T00:00:00Z");

/** The commands on a database that outlives them. */
export function logProgram(
  database: Database,
  { signer, hostKey }: { readonly signer?: AuditSigner; readonly hostKey?: string } = {},
): Program {
  const open = async () => ({ ...database, close: async () => undefined });
  const now = () => madeAt;
  return {
    start: "npm run audit --",
    commands: [
      queryCommand(open),
      exportCommand(open, async () => signer, now),
      reportCommand(open, () => hostKey, now),
    ],
  };
}

/** Runs a command on a database. */
export const runOn = (database: Database, args: readonly string[], parts: Parameters<typeof logProgram>[1] = {}) =>
  captureProgram(args, logProgram(database, parts));
