import { createPublicKey } from "node:crypto";
import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { AuditSigner } from "../deps/audit-signer.ts";

/** The public part of a key of AWS KMS. Throws when KMS does not give it, or it is no Ed25519 key. */
export async function kmsPublicKey(client: KMSClient, keyArn: string): Promise<JWK> {
  const { PublicKey, KeySpec } = await client.send(new GetPublicKeyCommand({ KeyId: keyArn }));
  if (PublicKey === undefined || KeySpec !== "ECC_NIST_EDWARDS25519") {
    throw new Error(`${keyArn} is no key for Ed25519 signatures. Make one with the key spec ECC_NIST_EDWARDS25519.`);
  }
  return createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" }).export({ format: "jwk" });
}

/** A client whose region, credentials and endpoint come from where the AWS SDK looks for them. */
export function auditKmsClient(): KMSClient {
  return new KMSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
}

/**
 * An Ed25519 key of AWS KMS (its ARN), which never leaves it. The role needs `kms:Sign` and `kms:GetPublicKey` on it. Throws
 * when KMS can't be asked at the start: a gateway whose log is not signed should not begin unnoticed.
 */
export async function createKmsAuditSigner(keyArn: string): Promise<AuditSigner> {
  const client = auditKmsClient();
  return {
    kid: await calculateJwkThumbprint(await kmsPublicKey(client, keyArn)),
    sign: async (bytes) => {
      const { Signature } = await client.send(
        new SignCommand({ KeyId: keyArn, Message: bytes, MessageType: "RAW", SigningAlgorithm: "ED25519_SHA_512" }),
      );
      if (Signature === undefined) throw new Error("KMS answered without a signature");
      return Signature;
    },
    close: () => client.destroy(),
  };
}
