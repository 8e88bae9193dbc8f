import type { Grant } from "../../deps.ts";
import { GatewayError } from "../../errors.ts";
import type { McpDeps, WithGrant } from "../exchange.ts";

const idleLimitMs = 30 * 24 * 60 * 60 * 1000;
const touchIntervalMs = 60_000;

/** Throws GatewayError GRANT_REVOKED or GRANT_EXPIRED (absolute end, or 30 days without use). */
export function assertAlive(grant: Grant, now: Date): void {
  if (grant.revokedAt !== null) throw new GatewayError("GRANT_REVOKED");
  if (grant.expiresAt <= now || now.getTime() - grant.lastUsedAt.getTime() >= idleLimitMs) {
    throw new GatewayError("GRANT_EXPIRED");
  }
}

/** The consent is alive, asked on every request: a JWT can't be recalled, a consent can. */
export async function checkGrant({ grant }: WithGrant, { grants, clock }: McpDeps): Promise<object> {
  const now = clock();
  assertAlive(grant, now);
  if (now.getTime() - grant.lastUsedAt.getTime() >= touchIntervalMs) {
    await grants.touch(grant.id).catch((cause: unknown) => {
      throw new GatewayError("STORE_UNAVAILABLE", { detail: "The use of the consent could not be noted.", cause });
    });
  }
  return {};
}
