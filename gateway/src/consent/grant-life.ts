import type { Grant } from "../deps.ts";

/** True while the grant may be used: not revoked and not past its absolute end. */
export function isGrantActive(grant: Grant, now: Date): boolean {
  return grant.revokedAt === null && grant.expiresAt > now;
}
