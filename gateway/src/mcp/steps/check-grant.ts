import { type LifeRules, problemOfLife } from "../../consent/grant-life.ts";
import type { Grant } from "../../deps/grants.ts";
import { GatewayError } from "../../errors.ts";
import type { McpDeps, WithGrant, WithServer } from "../exchange.ts";

const touchIntervalMs = 60_000;

/** Throws GatewayError GRANT_REVOKED or GRANT_EXPIRED. */
export function assertAlive(grant: Grant, rules: LifeRules, now: Date): void {
  const problem = problemOfLife(grant, rules, now);
  if (problem !== undefined) throw new GatewayError(problem);
}

/** The consent is alive, asked on every request: a JWT can't be recalled, a consent can. */
export async function checkGrant(
  { host, server, grant }: WithServer & WithGrant,
  { grants, clock }: McpDeps,
): Promise<object> {
  const now = clock();
  assertAlive(grant, { host, server }, now);
  if (now.getTime() - grant.lastUsedAt.getTime() >= touchIntervalMs) {
    await grants.touch(grant).catch((cause: unknown) => {
      throw new GatewayError("STORE_UNAVAILABLE", { detail: "The use of the consent could not be noted.", cause });
    });
  }
  return {};
}
