import { randomUUID } from "node:crypto";
import { setBounded } from "../bounded-map.ts";
import type { Clock } from "../deps/process.ts";
import type { GatewayAssertions, SigningKeys } from "../deps/tokens.ts";

/** Upstreams compare with it; the same for every gateway. */
const issuer = "agent-security-gateway";
/** For an upstream whose clock is behind. */
const backdatedSeconds = 30;
/** An assertion that ends sooner is not sent any more: the request could take as long to arrive. */
const reserveSeconds = 30;
/** Kept assertions; the oldest goes first. About 1 kB each. */
const keptMax = 10_000;

/**
 * The audience of an upstream: its URL with the host in lower case and without slashes at the end, so that both sides
 * come to the same text.
 */
export function audienceOf(upstreamUrl: string): string {
  return new URL(upstreamUrl).href.replace(/\/+$/, "");
}

/** Assertions of `lifetimeSeconds`, each used until it ends within 30 seconds. */
export function createGatewayAssertions({
  signingKeys,
  hostKey,
  lifetimeSeconds,
  clock,
}: {
  readonly signingKeys: SigningKeys;
  readonly hostKey: string;
  readonly lifetimeSeconds: number;
  readonly clock: Clock;
}): GatewayAssertions {
  const kept = new Map<string, { readonly jwt: Promise<string>; readonly endsAt: number }>();
  return {
    assert: (email, upstreamUrl) => {
      const now = Math.floor(clock().getTime() / 1000);
      const key = JSON.stringify([email, upstreamUrl]);
      const last = kept.get(key);
      if (last !== undefined && last.endsAt - now > reserveSeconds) return last.jwt;

      const endsAt = now + lifetimeSeconds;
      const issuedAt = now - backdatedSeconds;
      const claims = {
        iss: issuer,
        sub: email,
        aud: audienceOf(upstreamUrl),
        iat: issuedAt,
        nbf: issuedAt,
        exp: endsAt,
      };
      const jwt = signingKeys.sign({ ...claims, jti: randomUUID(), tenant: hostKey }, "JWT");
      setBounded(kept, keptMax, key, { jwt, endsAt });
      // One that could not be signed must not be kept.
      jwt.catch(() => kept.delete(key));
      return jwt;
    },
  };
}
