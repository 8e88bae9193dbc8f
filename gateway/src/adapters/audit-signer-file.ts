import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { calculateJwkThumbprint } from "jose";
import type { AuditSigner } from "../deps/audit-signer.ts";
import { KeyFileError, readKeyFile } from "./key-file.ts";

const newKey = () => generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** The private key of a file, and its public one as a JWK. Throws KeyFileError. */
function readKey(path: string): KeyObject {
  const pem = readKeyFile(path, newKey);
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    key = undefined;
  }
  if (key?.asymmetricKeyType !== "ed25519") {
    throw new KeyFileError(`${path} must hold an Ed25519 key as PKCS #8 in PEM (openssl genpkey -algorithm ed25519).`);
  }
  return key;
}

/** An Ed25519 key in a file that only its owner can read. It is made when it is missing. Throws KeyFileError. */
export async function createFileAuditSigner(path: string): Promise<AuditSigner> {
  const key = readKey(path);
  return {
    kid: await calculateJwkThumbprint(createPublicKey(key).export({ format: "jwk" })),
    sign: async (bytes) => sign(null, bytes, key),
    close: () => undefined,
  };
}
