import { z } from "zod";
import type { Clock } from "../deps/process.ts";
import type { Database } from "./database.ts";
import type { SealedValues } from "./sealed-values.ts";

const registrationSchema = z.looseObject({
  client_id: z.string(),
  client_secret: z.string().optional(),
  /** Seconds since the epoch; 0: never (RFC 7591 section 3.2.1). */
  client_secret_expires_at: z.number().optional(),
  token_endpoint_auth_method: z.string().optional(),
});

/** The gateway's registration at an authorization server (RFC 7591). */
export type UpstreamClient = z.infer<typeof registrationSchema>;

/** Which registration: of which authorization server, with the redirect URI of which MCP server. */
export interface UpstreamClientKey {
  readonly issuer: string;
  readonly server: string;
}

/** Registrations in the table `gateway_upstream_client`, encrypted. */
export interface UpstreamClientRows {
  /** Undefined too when its secret has expired. */
  find(key: UpstreamClientKey): Promise<UpstreamClient | undefined>;
  save(key: UpstreamClientKey, client: UpstreamClient): Promise<void>;
  remove(key: UpstreamClientKey): Promise<void>;
}

const rowOf = ({ issuer, server }: UpstreamClientKey) => JSON.stringify([issuer, server]);

export function createUpstreamClientRows({
  database,
  sealed,
  clock,
}: {
  readonly database: Database;
  readonly sealed: SealedValues;
  readonly clock: Clock;
}): UpstreamClientRows {
  const db = database.kysely;
  return {
    save: async (key, client) => {
      const row = {
        sealed: await sealed.seal("upstream-client", rowOf(key), JSON.stringify(client)),
        created_at: clock(),
      };
      await db
        .insertInto("gateway_upstream_client")
        .values({ ...key, ...row })
        .onConflict((conflict) => conflict.columns(["issuer", "server"]).doUpdateSet(row))
        .execute();
    },
    find: async (key) => {
      const row = await db
        .selectFrom("gateway_upstream_client")
        .select("sealed")
        .where("issuer", "=", key.issuer)
        .where("server", "=", key.server)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { text, stale } = await sealed.open("upstream-client", rowOf(key), row.sealed);
      const client = registrationSchema.parse(JSON.parse(text));
      const { client_secret_expires_at: expiresAt = 0 } = client;
      if (expiresAt !== 0 && expiresAt * 1000 <= clock().getTime()) return undefined;
      if (stale) await reseal(key, row.sealed, text);
      return client;
    },
    remove: async ({ issuer, server }) => {
      await db
        .deleteFrom("gateway_upstream_client")
        .where("issuer", "=", issuer)
        .where("server", "=", server)
        .execute();
    },
  };

  /** Under the newest data key, unless another registration has been written meanwhile. */
  async function reseal(key: UpstreamClientKey, before: string, text: string): Promise<void> {
    await db
      .updateTable("gateway_upstream_client")
      .set({ sealed: await sealed.seal("upstream-client", rowOf(key), text) })
      .where("issuer", "=", key.issuer)
      .where("server", "=", key.server)
      .where("sealed", "=", before)
      .execute();
  }
}
