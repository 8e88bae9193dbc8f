import { type TrustLevel, trustLevels } from "@permit-mcp-gateway/policies";
import { decodeJwt } from "jose";
import type { ExpressionBuilder } from "kysely";
import type { Listed } from "../audit/report/bounded.ts";
import type { StandingGrant } from "../audit/report/standing-grants.ts";
import type { Receipt } from "../consent/receipt.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./database-tables.ts";

function claims(jws: string | null): Partial<Receipt> {
  try {
    return jws === null ? {} : decodeJwt<Receipt>(jws);
  } catch {
    return {};
  }
}

const known = (level: unknown): TrustLevel | undefined => trustLevels.find((each) => each === level);

type GrantExpression = ExpressionBuilder<Tables & { readonly standing: Tables["gateway_grant"] }, "standing">;

/**
 * The grants that held at `at`, the first `max` by human, agent and server. The level of that time is that of the newest
 * receipt of before: a client's installs have one level at a server, so one of the other installs can be the newer.
 */
export async function standingGrants({ kysely }: Database, at: Date, max: number): Promise<Listed<StandingGrant>> {
  const receiptsBefore = ({ selectFrom }: GrantExpression) =>
    selectFrom("gateway_receipt as receipt")
      .innerJoin("gateway_grant as installed", "installed.id", "receipt.grant_id")
      .where("receipt.created_at", "<", at)
      .orderBy("receipt.created_at", "desc")
      .orderBy("receipt.id", "desc")
      .select("receipt.jws")
      .limit(1);
  const standing = kysely
    .selectFrom("gateway_grant as standing")
    .where("standing.created_at", "<", at)
    .where("standing.expires_at", ">", at)
    .where(({ or, eb }) => or([eb("standing.revoked_at", "is", null), eb("standing.revoked_at", ">=", at)]));
  const { total } = await standing.select(({ fn }) => fn.countAll().as("total")).executeTakeFirstOrThrow();
  const rows = await standing
    .selectAll("standing")
    .select((eb) => [
      receiptsBefore(eb).whereRef("receipt.grant_id", "=", "standing.id").as("own"),
      receiptsBefore(eb)
        .whereRef("installed.user_id", "=", "standing.user_id")
        .whereRef("installed.client_id", "=", "standing.client_id")
        .whereRef("installed.server", "=", "standing.server")
        .as("newest"),
    ])
    .orderBy("standing.email")
    .orderBy("standing.client_id")
    .orderBy("standing.server")
    .orderBy("standing.id")
    .limit(max)
    .execute();
  const items = rows.map(
    (row): StandingGrant => ({
      ...{ id: row.id, human: row.email, clientId: row.client_id, clientName: row.client_name, server: row.server },
      level: known(claims(row.newest).level) ?? row.level,
      ...{ createdAt: row.created_at, lastUsedAt: row.last_used_at, expiresAt: row.expires_at },
      receiptId: claims(row.own).jti ?? null,
    }),
  );
  return { items, more: Number(total) - items.length };
}
