import { z } from "zod";
import type { Clock } from "../deps/process.ts";
import type { UpstreamOwner } from "../deps/upstream-accounts.ts";
import { digest } from "../digest.ts";
import type { Database } from "./database.ts";
import type { SealedValues } from "./sealed-values.ts";

/** Longer than the ten minutes of a consent page's signed query: who has to look up a password must not start anew. */
const lifeMs = 60 * 60 * 1000;

const pendingSchema = z.object({
  /** Digest of the browser's cookie. */
  browser: z.string(),
  codeVerifier: z.string(),
  scope: z.string().optional(),
  resource: z.string().optional(),
  clientId: z.string(),
  metadata: z.looseObject({ issuer: z.string() }),
  /** The authorization request that waits for consent, as a query; undefined where a human only connects again. */
  authorizeQuery: z.string().optional(),
});

/** A human at an upstream's authorization server, and what they come back to. */
export type PendingSignIn = z.infer<typeof pendingSchema>;

/** Sign-ins under way, in the table `gateway_upstream_sign_in`: by the hash of `state`, encrypted. */
export interface UpstreamSignInRows {
  save(state: string, owner: UpstreamOwner, pending: PendingSignIn): Promise<void>;
  /** Takes it out: whatever becomes of it, `state` is good for once. Undefined when it is not known or has expired. */
  take(state: string): Promise<{ readonly owner: UpstreamOwner; readonly pending: PendingSignIn } | undefined>;
}

export function createUpstreamSignInRows({
  database,
  sealed,
  clock,
}: {
  readonly database: Database;
  readonly sealed: SealedValues;
  readonly clock: Clock;
}): UpstreamSignInRows {
  const db = database.kysely;
  return {
    save: async (state, { userId, server }, pending) => {
      const stateHash = digest(state);
      await db.deleteFrom("gateway_upstream_sign_in").where("expires_at", "<=", clock()).execute();
      await db
        .insertInto("gateway_upstream_sign_in")
        .values({
          state_hash: stateHash,
          user_id: userId,
          server,
          sealed: await sealed.seal("upstream-sign-in", stateHash, JSON.stringify(pending)),
          expires_at: new Date(clock().getTime() + lifeMs),
        })
        .execute();
    },
    take: async (state) => {
      const row = await db
        .deleteFrom("gateway_upstream_sign_in")
        .where("state_hash", "=", digest(state))
        .returningAll()
        .executeTakeFirst();
      if (row === undefined || row.expires_at <= clock()) return undefined;
      const { text } = await sealed.open("upstream-sign-in", row.state_hash, row.sealed);
      const owner = { userId: row.user_id, server: row.server };
      return { owner, pending: pendingSchema.parse(JSON.parse(text)) };
    },
  };
}
