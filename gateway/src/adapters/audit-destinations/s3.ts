import { createHash } from "node:crypto";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { SettingsOf } from "../../audit-destination-forms.ts";
import type { AuditBatchLimits, AuditDestination } from "../../deps/audit.ts";
import { type DeliveryRange, deliveryRange, newlineDelimited } from "./delivery.ts";

const limits: AuditBatchLimits = {
  records: 5_000,
  bytes: 8 * 1_048_576,
  bytesPerRecord: 1,
  spanMs: 24 * 60 * 60 * 1000,
  // Each object is paid for, and whoever reads them opens each.
  paceMs: 10_000,
};

/** Sorted by name, the objects of a chain are in its order. The day is that of the first line, in UTC. */
function objectKey(prefix: string, hostKey: string, { chain, first, last, time }: DeliveryRange): string {
  const day = new Date(time).toISOString().slice(0, 10).replaceAll("-", "/");
  const digits = (sequence: number) => String(sequence).padStart(12, "0");
  const folder = prefix === "" ? hostKey : `${prefix}/${hostKey}`;
  return `${folder}/${day}/${chain}-${digits(first)}-${digits(last)}.jsonl`;
}

/** Says what to do about the answers that a person can do something about. */
function s3Error(bucket: string, key: string, error: unknown): Error {
  const name = error instanceof Error ? error.name : "no name";
  const sentences: Readonly<Record<string, string>> = {
    NoSuchBucket: `There is no bucket ${bucket}. Make it, or correct AUDIT_DESTINATIONS.`,
    AccessDenied: `The gateway's role may not write to the bucket ${bucket}. It needs s3:PutObject there, and kms:GenerateDataKey where a key of KMS encrypts it.`,
    PermanentRedirect: `The bucket ${bucket} is in another region than AWS_REGION.`,
  };
  return new Error(sentences[name] ?? `S3 did not take ${key} into the bucket ${bucket} (${name}).`, { cause: error });
}

/**
 * A bucket of Amazon S3, one object for each delivery. S3 compares the bytes with their SHA-256 before it keeps them. The
 * same lines again are the same object with the same bytes. Region, credentials and endpoint come from where the AWS SDK
 * looks for them: on ECS the task's role.
 */
export function createS3Destination({ name, bucket, prefix }: SettingsOf<"s3">, hostKey: string): AuditDestination {
  const client = new S3Client({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
  });
  return {
    name,
    limits,
    deliver: async (lines) => {
      const key = objectKey(prefix, hostKey, deliveryRange(lines));
      const body = newlineDelimited(lines);
      const object = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: "application/x-ndjson",
        ChecksumSHA256: createHash("sha256").update(body).digest("base64"),
      });
      await client.send(object).catch((error: unknown) => {
        throw s3Error(bucket, key, error);
      });
      return 0;
    },
    close: () => client.destroy(),
  };
}
