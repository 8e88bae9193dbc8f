import { hkdfSync } from "node:crypto";
import {
  CompactEncrypt,
  type CryptoKey,
  calculateJwkThumbprint,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from "jose";
import type { Clock } from "../deps/process.ts";
import type { SigningKeys } from "../deps/tokens.ts";
import type { Database } from "./database.ts";

/** A new key is made then. */
const rotateAfterMs = 90 * 24 * 60 * 60 * 1000;
/** It signs from then on: whoever keeps the key set for a while must have seen it. */
const announceMs = 10 * 60_000;
/** How long a replica goes on with what it has read. */
const freshMs = 60_000;
const algorithm = "EdDSA";

interface SigningKey {
  readonly kid: string;
  readonly publicKey: JWK;
  readonly sealedPrivateKey: string;
  readonly createdAt: Date;
}

/**
 * Ed25519 keys in the table `gateway_signing_key`, the private parts encrypted (JWE, RFC 7516) under a key derived from
 * `authSecret` (RFC 5869): a copy of the database signs nothing. Made when first needed, by one replica, and every 90
 * days, ten minutes before the new one signs; the public parts stay for ever. `kid` is the thumbprint of RFC 7638.
 */
export function createSigningKeys({
  database,
  authSecret,
  clock,
}: {
  readonly database: Database;
  readonly authSecret: string;
  readonly clock: Clock;
}): SigningKeys {
  const { kysely } = database;
  const sealKey = Buffer.from(hkdfSync("sha256", authSecret, "", "permit-mcp-gateway/signing-key/v1", 32));
  let known: { readonly keys: readonly SigningKey[]; readonly readAtMs: number } = { keys: [], readAtMs: 0 };
  let opened: { readonly kid: string; readonly privateKey: CryptoKey } | undefined;

  const readAll = async (): Promise<readonly SigningKey[]> => {
    const rows = await kysely.selectFrom("gateway_signing_key").selectAll().orderBy("created_at", "desc").execute();
    const keys = rows.map((row) => ({
      kid: row.kid,
      publicKey: row.public_key as JWK,
      sealedPrivateKey: row.private_key,
      createdAt: row.created_at,
    }));
    known = { keys, readAtMs: clock().getTime() };
    return keys;
  };
  const isCurrent = (key: SigningKey | undefined): boolean =>
    key !== undefined && clock().getTime() - key.createdAt.getTime() < rotateAfterMs;

  const makeKey = async () => {
    const pair = await generateKeyPair(algorithm, { crv: "Ed25519", extractable: true });
    const publicKey = await exportJWK(pair.publicKey);
    const kid = await calculateJwkThumbprint(publicKey);
    const privateJwk = new TextEncoder().encode(JSON.stringify(await exportJWK(pair.privateKey)));
    const privateKey = await new CompactEncrypt(privateJwk)
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .encrypt(sealKey);
    await kysely
      .insertInto("gateway_signing_key")
      .values({
        kid,
        public_key: JSON.stringify({ ...publicKey, kid, alg: algorithm, use: "sig" }),
        private_key: privateKey,
        created_at: clock(),
      })
      .execute();
  };
  /** All keys, after making one where it is time. */
  const upToDate = async (): Promise<readonly SigningKey[]> => {
    const fresh = clock().getTime() - known.readAtMs < freshMs;
    const keys = fresh ? known.keys : await readAll();
    if (isCurrent(keys[0])) return keys;
    return database.exclusively("signing-key", async () => {
      const now = await readAll();
      if (isCurrent(now[0])) return now;
      await makeKey();
      return readAll();
    });
  };
  const signing = async (): Promise<SigningKey> => {
    const keys = await upToDate();
    const announced = keys.find(({ createdAt }) => clock().getTime() - createdAt.getTime() >= announceMs);
    const key = announced ?? keys.at(-1);
    if (key === undefined) throw new Error("The signing key that was just stored is not there.");
    return key;
  };
  const open = async ({ kid, sealedPrivateKey }: SigningKey): Promise<CryptoKey> => {
    if (opened?.kid === kid) return opened.privateKey;
    const { plaintext } = await compactDecrypt(sealedPrivateKey, sealKey);
    const jwk = JSON.parse(new TextDecoder().decode(plaintext)) as JWK;
    const privateKey = (await importJWK(jwk, algorithm)) as CryptoKey;
    opened = { kid, privateKey };
    return privateKey;
  };
  return {
    sign: async (claims, typ) => {
      const key = await signing();
      return new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ, kid: key.kid }).sign(await open(key));
    },
    publicKeys: async () => ({ keys: (await upToDate()).map(({ publicKey }) => publicKey) }),
  };
}
