/** How long a consent lives. The one rule, for everything that asks whether a grant may be used. */
import type { Grant } from "../deps/grants.ts";
import type { HostSettings, ServerSettings } from "../deps/host-settings.ts";
import { endOfTermMs, grantTermsOf } from "./grant-term.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** What the life of a consent follows from. */
export interface LifeRules {
  readonly host: Pick<HostSettings, "sessions">;
  readonly server: ServerSettings;
}

/**
 * When a consent of a human that was given at `createdAt` has reached its age by the policy of today: the days of host
 * and server, and those of the policy's grant that holds at the time. It stays ended when a later grant allows more.
 */
export function endOfLife(createdAt: Date, email: string, { host, server }: LifeRules): Date {
  const after = (days: number) => createdAt.getTime() + days * dayMs;
  const longest = after(Math.min(host.sessions.absoluteDays, server.consentDays ?? Number.POSITIVE_INFINITY));
  let fromMs = createdAt.getTime();
  for (const term of grantTermsOf(server, email)) {
    const untilMs = endOfTermMs(term);
    if (untilMs <= fromMs) continue;
    const endMs = after(term.consent_days ?? Number.POSITIVE_INFINITY);
    if (endMs < untilMs) return new Date(Math.min(longest, Math.max(endMs, fromMs)));
    fromMs = untilMs;
  }
  return new Date(longest);
}

/** The end of a stored consent, if it is used until then. Never later than what was stored with it. */
export function endOfGrant(grant: Pick<Grant, "createdAt" | "email" | "expiresAt">, rules: LifeRules): Date {
  return earliest(grant.expiresAt, endOfLife(grant.createdAt, grant.email, rules));
}

/** Why a grant can't be used: revoked, or past its end, or too long without use. Undefined while it can. */
export function problemOfLife(
  grant: Grant,
  rules: LifeRules,
  now: Date,
): "GRANT_REVOKED" | "GRANT_EXPIRED" | undefined {
  if (grant.revokedAt !== null) return "GRANT_REVOKED";
  const idleEnd = new Date(grant.lastUsedAt.getTime() + rules.host.sessions.idleDays * dayMs);
  return earliest(endOfGrant(grant, rules), idleEnd) <= now ? "GRANT_EXPIRED" : undefined;
}

/** Those of these grants that can be used: on a server of the policy, and without a problem of life. */
export function aliveGrants(grants: readonly Grant[], host: HostSettings, now: Date): readonly Grant[] {
  return grants.filter((grant) => {
    const server = host.servers.get(grant.server);
    return server !== undefined && problemOfLife(grant, { host, server }, now) === undefined;
  });
}

/** The end of a consent as its human sees it: also all that the policy grants them may end before it. */
export function visibleEnd(end: Date, email: string, { server }: Pick<LifeRules, "server">): Date {
  const grantedMs = Math.max(...grantTermsOf(server, email).map(endOfTermMs));
  return Number.isFinite(grantedMs) ? earliest(end, new Date(grantedMs)) : end;
}

function earliest(a: Date, b: Date): Date {
  return a < b ? a : b;
}
