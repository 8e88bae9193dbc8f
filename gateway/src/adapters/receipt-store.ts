import type { Clock } from "../deps/process.ts";
import type { ReceiptStore } from "../deps/tokens.ts";
import type { Database } from "./database.ts";

/** Receipts in the table `gateway_receipt`. */
export function createReceiptStore({
  database: { kysely },
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): ReceiptStore {
  return {
    add: async ({ id, grantId, jws }) => {
      await kysely.insertInto("gateway_receipt").values({ id, grant_id: grantId, jws, created_at: clock() }).execute();
    },
    newestOf: async (grantId) => {
      const row = await kysely
        .selectFrom("gateway_receipt")
        .select("jws")
        .where("grant_id", "=", grantId)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst();
      return row?.jws;
    },
  };
}
