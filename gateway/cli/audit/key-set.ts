/** The public keys that a host's audit log is signed with. */
import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@permit-mcp-gateway/policies/cli/command";
import { calculateJwkThumbprint, type JWK } from "jose";
import { auditKmsClient, kmsPublicKey } from "../../src/adapters/audit-signer-kms.ts";
import type { KeyPlace } from "../../src/config.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** PEM, public or private; a JWK; or a JWK Set. */
function keysIn(text: string): readonly JWK[] {
  if (!text.trimStart().startsWith("{")) return [createPublicKey(text).export({ format: "jwk" }) as JWK];
  const json = JSON.parse(text) as { keys?: readonly JWK[] } & JWK;
  return (json.keys ?? [json]).map(({ kty = "", crv = "", x = "" }) => ({ kty, crv, x }));
}

async function readKey(source: string): Promise<readonly JWK[]> {
  if (source.startsWith("arn:")) {
    const client = auditKmsClient();
    try {
      return [await kmsPublicKey(client, source)];
    } finally {
      client.destroy();
    }
  }
  try {
    return keysIn(readFileSync(source, "utf8"));
  } catch (error) {
    throw new UsageError(`${source} holds no public key (PEM, JWK or JWK Set): ${(error as Error).message}`);
  }
}

/** Where the environment of the gateway says that the key is; undefined when it has none. */
export function ownKey({
  AUDIT_KEY_KMS_ARN: kmsArn,
  AUDIT_KEY_FILE: file,
  DATA_DIR: dir = "/data",
}: Environment): KeyPlace | undefined {
  if (kmsArn !== undefined) return { kmsArn };
  const path = file ?? join(dir, "audit.key");
  // One that is not there is not made: nobody would know it.
  return existsSync(path) ? { file: path } : undefined;
}

/** The keys by `kid` (RFC 7638), of the sources that were named, or of the gateway's environment. Throws UsageError. */
export async function keySet(sources: readonly string[], environment: Environment): Promise<ReadonlyMap<string, JWK>> {
  const own = ownKey(environment);
  const ownSource = own && ("kmsArn" in own ? own.kmsArn : own.file);
  const all = sources.length > 0 ? sources : ownSource === undefined ? [] : [ownSource];
  if (all.length === 0) {
    throw new UsageError(
      "Say with --key which key the log is signed with (a file with the public key, or the ARN of a key of AWS KMS), or with --unsigned that signatures are not to be looked at.",
    );
  }
  const keys = new Map<string, JWK>();
  for (const source of all) {
    for (const key of await readKey(source)) {
      if (key.crv !== "Ed25519") throw new UsageError(`${source} is no key for Ed25519 signatures.`);
      keys.set(await calculateJwkThumbprint(key), key);
    }
  }
  return keys;
}
