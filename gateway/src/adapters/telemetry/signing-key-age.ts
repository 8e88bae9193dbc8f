import type { Clock } from "../../deps/process.ts";
import type { Database } from "../database.ts";

/** Keys change every few months: whoever reads metrics more often asks the database no more often than this. */
const askAgainMs = 60_000;

/** Tells the age of the newest key that the gateway signs with, in seconds; undefined before there is one. */
export function createSigningKeyAge(
  database: Pick<Database, "kysely">,
  clock: Clock,
): () => Promise<number | undefined> {
  let known: { readonly createdAt: Date | undefined; readonly askedMs: number } | undefined;
  const ask = async () => {
    const row = await database.kysely
      .selectFrom("gateway_signing_key")
      .select("created_at")
      .orderBy("created_at", "desc")
      .limit(1)
      .executeTakeFirst();
    known = { createdAt: row?.created_at, askedMs: clock().getTime() };
    return known;
  };
  return async () => {
    const nowMs = clock().getTime();
    const { createdAt } = known !== undefined && nowMs - known.askedMs < askAgainMs ? known : await ask();
    return createdAt === undefined ? undefined : (nowMs - createdAt.getTime()) / 1000;
  };
}
