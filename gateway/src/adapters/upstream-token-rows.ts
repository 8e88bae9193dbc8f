import { sql } from "kysely";
import { z } from "zod";
import type { Clock } from "../deps/process.ts";
import type { UpstreamOwner } from "../deps/upstream-accounts.ts";
import type { Database } from "./database.ts";
import type { SealedValues } from "./sealed-values.ts";

const tokenSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  /** Scopes that were granted, or asked for where the server did not say. */
  scope: z.string().optional(),
  /** Scopes that the server has asked for since. */
  neededScope: z.string().optional(),
  /** Client that the tokens are for (RFC 6749 section 2.2: unique at its issuer only). */
  clientId: z.string(),
  resource: z.string().optional(),
  /** What of the authorization server's metadata refreshing and revoking needs. */
  metadata: z.looseObject({
    issuer: z.string(),
    token_endpoint: z.string(),
    revocation_endpoint: z.string().optional(),
  }),
});

/** What a human has at an upstream server. */
export type UpstreamToken = z.infer<typeof tokenSchema>;

/** With the time at which the access token ends; null when nobody has said. */
export interface StoredUpstreamToken {
  readonly token: UpstreamToken;
  readonly expiresAt: Date | null;
}

/** Tokens in the table `gateway_upstream_token`, encrypted. */
export interface UpstreamTokenRows {
  find(owner: UpstreamOwner): Promise<StoredUpstreamToken | undefined>;
  save(owner: UpstreamOwner, stored: StoredUpstreamToken): Promise<void>;
  /** False when there was none. */
  remove(owner: UpstreamOwner): Promise<boolean>;
  /** Whose tokens no agent can use: their consents have ended or were not used for a month, or the account is gone. */
  unused(): Promise<readonly UpstreamOwner[]>;
  /** Everybody's. */
  owners(): Promise<readonly UpstreamOwner[]>;
}

const dayMs = 24 * 60 * 60 * 1000;
/** The most that a policy can say (`sessions.idleDays`). */
const idleDaysMax = 30;

/** The row as the encryption knows it. */
const rowOf = ({ userId, server }: UpstreamOwner) => JSON.stringify([userId, server]);

export function createUpstreamTokenRows({
  database,
  sealed,
  clock,
}: {
  readonly database: Database;
  readonly sealed: SealedValues;
  readonly clock: Clock;
}): UpstreamTokenRows {
  const db = database.kysely;
  const save = async (owner: UpstreamOwner, { token, expiresAt }: StoredUpstreamToken) => {
    const row = {
      sealed: await sealed.seal("upstream-token", rowOf(owner), JSON.stringify(token)),
      expires_at: expiresAt,
      updated_at: clock(),
    };
    await db
      .insertInto("gateway_upstream_token")
      .values({ user_id: owner.userId, server: owner.server, ...row })
      .onConflict((conflict) => conflict.columns(["user_id", "server"]).doUpdateSet(row))
      .execute();
  };
  return {
    save,
    find: async (owner) => {
      const row = await db
        .selectFrom("gateway_upstream_token")
        .select(["sealed", "expires_at"])
        .where("user_id", "=", owner.userId)
        .where("server", "=", owner.server)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { text, stale } = await sealed.open("upstream-token", rowOf(owner), row.sealed);
      const stored = { token: tokenSchema.parse(JSON.parse(text)), expiresAt: row.expires_at };
      if (stale) await reseal(owner, row.sealed, text);
      return stored;
    },
    remove: async ({ userId, server }) => {
      const { numDeletedRows } = await db
        .deleteFrom("gateway_upstream_token")
        .where("user_id", "=", userId)
        .where("server", "=", server)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
    unused: async () => {
      const beforeMs = (days: number) => new Date(clock().getTime() - days * dayMs);
      const { rows } = await sql<{ user_id: string; server: string }>`
        select t.user_id, t.server from gateway_upstream_token t
        where t.updated_at < ${beforeMs(1)} and (
          not exists (select from "user" u where u.id = t.user_id) or
          not exists (
            select from gateway_grant g
            where g.user_id = t.user_id and g.server = t.server and g.revoked_at is null
              and g.expires_at > ${clock()} and g.last_used_at > ${beforeMs(idleDaysMax)}
          )
        )`.execute(db);
      return rows.map(({ user_id: userId, server }) => ({ userId, server }));
    },
    owners: async () => {
      const rows = await db.selectFrom("gateway_upstream_token").select(["user_id", "server"]).execute();
      return rows.map(({ user_id: userId, server }) => ({ userId, server }));
    },
  };

  /** Under the newest data key, unless somebody has written another token meanwhile. */
  async function reseal(owner: UpstreamOwner, before: string, text: string): Promise<void> {
    await db
      .updateTable("gateway_upstream_token")
      .set({ sealed: await sealed.seal("upstream-token", rowOf(owner), text) })
      .where("user_id", "=", owner.userId)
      .where("server", "=", owner.server)
      .where("sealed", "=", before)
      .execute();
  }
}
