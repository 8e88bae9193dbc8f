import type { KeyPlace } from "../config.ts";
import type { AuditSigner } from "../deps/audit-signer.ts";
import { createFileAuditSigner } from "./audit-signer-file.ts";
import { createKmsAuditSigner } from "./audit-signer-kms.ts";

/** The key at its place. Throws KeyFileError, and what KMS says of a key that can't be used. */
export function openAuditSigner(place: KeyPlace): Promise<AuditSigner> {
  return "kmsArn" in place ? createKmsAuditSigner(place.kmsArn) : createFileAuditSigner(place.file);
}
