/** A log of July, and grants of which one had not ended by its end. */
import type { Database } from "../../../src/adapters/database.ts";
import { grantIdOf, hostileName, july, julyRecords, writeRecords } from "./filled-log.ts";

/** The receipt of a consent, as far as a report reads it. */
const receiptOf = (jti: string, level: string) =>
  ["{}", JSON.stringify({ jti, level }), "x"].map((part) => Buffer.from(part).toString("base64url")).join(".");

async function addGrant(
  { kysely }: Database,
  human: "lead" | "developer" | "contractor",
  ends: { revoked?: Date; expires?: Date },
) {
  const client = { client_id: `client-${human}`, client_name: hostileName, email: `${human}@example.com` };
  const id = grantIdOf(human);
  await kysely
    .insertInto("gateway_grant")
    .values({
      ...{ id, user_id: human, connection_id: id, resource: "/mcp", server: "issues", level: "low", ...client },
      ...{ created_at: july(1), last_used_at: july(9), expires_at: ends.expires ?? july(90) },
      revoked_at: ends.revoked ?? null,
    })
    .execute();
  for (const [day, level] of [
    [1, "high"],
    [12, "medium"],
    [33, "low"],
  ] as const) {
    const receipt = { id: crypto.randomUUID(), grant_id: id, jws: receiptOf(`receipt-${human}-${day}`, level) };
    await kysely
      .insertInto("gateway_receipt")
      .values({ ...receipt, created_at: july(day) })
      .execute();
  }
}

/** Fills an empty database. */
export async function fillWithGrants(database: Database): Promise<void> {
  await writeRecords(database, julyRecords());
  await writeRecords(
    database,
    julyRecords()
      .slice(0, 1)
      .map((record) => ({ ...record, id: record.id.replace(/^0/, "1"), time: july(25).toISOString() })),
    { replica: hostileName, ends: false },
  );
  await addGrant(database, "lead", {});
  await addGrant(database, "developer", { revoked: july(13) });
  await addGrant(database, "contractor", { expires: july(30) });
}
