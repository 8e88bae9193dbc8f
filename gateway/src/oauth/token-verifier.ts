import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from "jose";
import { setBounded } from "../bounded-map.ts";
import type { Clock } from "../deps/process.ts";
import type { TokenVerifier, VerifiedToken } from "../deps/tokens.ts";
import { GatewayError } from "../errors.ts";
import { resourceIdentifier } from "./resource-identifier.ts";
import { mcpScope } from "./token-format.ts";

/** A token naming an unknown key makes us read the keys again, but not more often: anybody can make one up. */
const keyReadIntervalMs = 10_000;
/** Verified tokens kept; the oldest goes first. About 1 kB each. */
const cacheSizeMax = 10_000;

/** An access token that was verified, with what it is for. */
export interface AccessToken extends VerifiedToken {
  /** The one resource it is for. */
  readonly audience: string;
  readonly scopes: readonly string[];
}

/** Checks access tokens without asking anybody. */
export interface AccessTokenReader extends TokenVerifier {
  /** Verifies an access token for whichever resource. Throws GatewayError TOKEN_INVALID. */
  readToken(token: string): Promise<AccessToken>;
}

/**
 * `readKeys` reads the current key set of this authorization server. Verified tokens are kept until they expire: the
 * signature check costs more than everything else on the hot path, and revocation is looked up by grant anyway.
 */
export function createTokenVerifier({
  publicUrl,
  hostKey,
  readKeys,
  clock,
}: {
  readonly publicUrl: string;
  readonly hostKey: string;
  readonly readKeys: () => Promise<JSONWebKeySet>;
  readonly clock: Clock;
}): AccessTokenReader {
  const verified = new Map<string, { readonly token: AccessToken; readonly expiresAtMs: number }>();
  const keys = createKeySet(readKeys, clock);

  const verify = async (raw: string) => {
    const { payload } = await keys.use((keySet) =>
      jwtVerify(raw, keySet, {
        algorithms: ["EdDSA"],
        typ: "at+jwt",
        issuer: publicUrl,
        requiredClaims: ["exp", "aud", "sub"],
        currentDate: clock(),
      }),
    );
    const { sub, client_id: clientId, gw_grant: connectionId, gw_host: host, exp, scope } = payload;
    // One audience only: a token for two servers would let the one use it at the other (RFC 8707 section 2).
    const [audience, ...others] = Array.isArray(payload.aud) ? payload.aud : [payload.aud];
    if (typeof clientId !== "string" || typeof connectionId !== "string" || host !== hostKey || others.length > 0) {
      throw new GatewayError("TOKEN_INVALID", { detail: "a claim is missing or foreign" });
    }
    const scopes = typeof scope === "string" ? scope.split(" ") : [];
    const token: AccessToken = { connectionId, userId: String(sub), clientId, audience: String(audience), scopes };
    return { token, expiresAtMs: Number(exp) * 1000 };
  };

  const readToken = async (raw: string): Promise<AccessToken> => {
    const known = verified.get(raw);
    if (known !== undefined) {
      if (known.expiresAtMs > clock().getTime()) return known.token;
      verified.delete(raw);
    }
    try {
      const entry = await verify(raw);
      setBounded(verified, cacheSizeMax, raw, entry);
      return entry.token;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new GatewayError("TOKEN_INVALID", { detail: error.code });
      throw error;
    }
  };
  return {
    readToken,
    verifyToken: async (raw, server) => {
      const { audience, scopes, ...token } = await readToken(raw);
      if (audience !== resourceIdentifier(publicUrl, server)) {
        throw new GatewayError("TOKEN_INVALID", { detail: `the token is for ${audience}` });
      }
      if (!scopes.includes(mcpScope)) throw new GatewayError("SCOPE_MISSING");
      return token;
    },
  };
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

function createKeySet(readKeys: () => Promise<JSONWebKeySet>, clock: Clock) {
  let current: Promise<KeySet> | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  const read = () => {
    readAtMs = clock().getTime();
    const reading = readKeys().then(createLocalJWKSet);
    current = reading;
    // A failed read must not be kept: the next token tries again.
    reading.catch(() => {
      if (current === reading) current = undefined;
    });
    return reading;
  };
  return {
    use: async <T>(work: (keySet: KeySet) => Promise<T>): Promise<T> => {
      try {
        return await work(await (current ?? read()));
      } catch (error) {
        const unknownKey = error instanceof errors.JWKSNoMatchingKey;
        if (!unknownKey || clock().getTime() - readAtMs < keyReadIntervalMs) throw error;
        return work(await read());
      }
    },
  };
}
