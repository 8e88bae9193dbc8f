import { randomBytes } from "node:crypto";
import { type Selectable, sql } from "kysely";
import { z } from "zod";
import type { DynamicServer, DynamicServerStore } from "../deps/dynamic-servers.ts";
import type { Clock } from "../deps/process.ts";
import { GatewayError } from "../errors.ts";
import type { Database } from "./database.ts";
import type { DynamicServerRow } from "./database-tables.ts";

const toolsSchema = z.array(
  z.object({ name: z.string(), trust: z.enum(["low", "medium", "high"]), digest: z.string() }),
);

function toServer(row: Selectable<DynamicServerRow>): DynamicServer {
  const { user_id: userId, key: server, url, auth, created_at: createdAt } = row;
  return { userId, server, url, auth, tools: toolsSchema.parse(row.tools), createdAt };
}

/** A database that does not answer must not look like a server that is not there. */
async function reading<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw new GatewayError("STORE_UNAVAILABLE", { detail: "The servers of a human could not be read.", cause });
  }
}

/**
 * Servers that humans have entered, in the table `gateway_dynamic_server`. Every read goes to the database, so all
 * replicas have the same; each is of one human's rows, of which there are few.
 */
export function createDynamicServerStore({
  database,
  clock,
}: {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
}): DynamicServerStore {
  const db = database.kysely;
  return {
    list: (userId) =>
      reading(async () => {
        const rows = await db
          .selectFrom("gateway_dynamic_server")
          .selectAll()
          .where("user_id", "=", userId)
          .orderBy("created_at")
          .execute();
        return rows.map(toServer);
      }),
    save: async ({ userId, email, url, auth, tools }) => {
      const said = { auth, tools: JSON.stringify(tools) };
      const row = await db
        .insertInto("gateway_dynamic_server")
        .values({
          // Random, so that no key tells how many there are or whose they are.
          key: `dynamic-${randomBytes(8).toString("hex")}`,
          ...{ user_id: userId, email, url, created_at: clock(), ...said },
        })
        .onConflict((conflict) => conflict.columns(["user_id", "url"]).doUpdateSet(said))
        .returningAll()
        .executeTakeFirstOrThrow();
      return toServer(row);
    },
    remove: async ({ userId, server }) => {
      await db.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom("gateway_dynamic_server")
          .where("key", "=", server)
          .where("user_id", "=", userId)
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) return;
        for (const table of ["gateway_upstream_client", "gateway_upstream_sign_in", "gateway_tool_drift"] as const) {
          await transaction.deleteFrom(table).where("server", "=", server).execute();
        }
      });
    },
    removeUnowned: async () => {
      await sql`delete from gateway_dynamic_server s where not exists (select from "user" u where u.id = s.user_id)`.execute(
        db,
      );
    },
  };
}
