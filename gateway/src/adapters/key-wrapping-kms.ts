import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import type { KeyWrapping } from "./key-wrapping.ts";

/** In the encryption context, which KMS authenticates and CloudTrail shows: a data key of one host opens for no other. */
const contextOf = (host: string) => ({ application: "permit-mcp-gateway", host });

/**
 * A key of AWS KMS (its ARN). Region, credentials and endpoint come from where the AWS SDK looks for them. The role needs
 * `kms:GenerateDataKey` and `kms:Decrypt` on it. Each process asks KMS once per data key, not once per token.
 */
export function createKmsKeyWrapping(keyArn: string): KeyWrapping {
  const client = new KMSClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
  return {
    generate: async (host) => {
      const { Plaintext, CiphertextBlob } = await client.send(
        new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: "AES_256", EncryptionContext: contextOf(host) }),
      );
      if (Plaintext === undefined || CiphertextBlob === undefined) throw new Error("KMS answered without a data key");
      return { key: Buffer.from(Plaintext), wrapped: Buffer.from(CiphertextBlob).toString("base64") };
    },
    unwrap: async (host, wrapped) => {
      const { Plaintext } = await client.send(
        new DecryptCommand({
          // Named, so that a blob of somebody else's key in our table is refused.
          KeyId: keyArn,
          CiphertextBlob: Buffer.from(wrapped, "base64"),
          EncryptionContext: contextOf(host),
        }),
      );
      if (Plaintext === undefined) throw new Error("KMS answered without a data key");
      return Buffer.from(Plaintext);
    },
    close: () => client.destroy(),
  };
}
