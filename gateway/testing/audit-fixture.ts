/** Audit records and a log of them, on a real database. */
import { createAuditStore } from "../src/adapters/audit-store.ts";
import type { Database } from "../src/adapters/database.ts";
import { type AuditLogParts, createAuditLog } from "../src/audit/audit-log.ts";
import { type AuditSubject, allowRecord, denyRecord } from "../src/audit/record.ts";
import type { AuditRecord } from "../src/deps/audit-records.ts";
import { testLog } from "./test-log.ts";

const subject = (tool: string, now: Date): AuditSubject => ({
  requestId: `request-${tool}`,
  host: "demo",
  now,
  grant: { id: "grant-1", email: "alice@example.com", clientId: "client-1", clientName: "Client", level: "medium" },
  ceiling: "high",
  server: "issues",
  asked: { tool, trust: "low" },
});

/** A call of the tool that was refused: a record that nothing follows. */
export function refusedCall(tool: string, now = new Date()): AuditRecord {
  return denyRecord(subject(tool, now), "NO_GRANT", "No grant.");
}

/** A call of the tool that was let through. */
export function allowedCall(tool: string, now = new Date()) {
  return allowRecord(subject(tool, now));
}

/** The log of one replica. */
export function auditLogOn(database: Database, parts: Partial<AuditLogParts> = {}) {
  const store = createAuditStore(database);
  const signer = undefined;
  return createAuditLog({
    store,
    host: "demo",
    replica: "r1",
    signer,
    clock: () => new Date(),
    log: testLog(),
    ...parts,
  });
}

/** All lines, chain by chain, in order. */
export async function storedLines({ kysely }: Database) {
  const rows = await kysely.selectFrom("gateway_audit").selectAll().orderBy("chain").orderBy("sequence").execute();
  return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
}

/** Takes everything out again. */
export async function clearAudit({ kysely }: Database): Promise<void> {
  for (const table of ["gateway_audit", "gateway_audit_shipment", "gateway_audit_chain"] as const) {
    await kysely.deleteFrom(table).execute();
  }
}
