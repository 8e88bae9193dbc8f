import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { SigningKeys } from "../src/deps/tokens.ts";

/** One key, in memory. */
export async function memorySigningKeys(): Promise<SigningKeys> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { crv: "Ed25519" });
  const kid = "test";
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: "EdDSA" }] };
  return {
    sign: (claims, typ) => new SignJWT(claims).setProtectedHeader({ alg: "EdDSA", typ, kid }).sign(privateKey),
    publicKeys: async () => keys,
  };
}
