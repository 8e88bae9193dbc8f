import { existsSync } from "node:fs";
import { join } from "node:path";
import { createFileAuditSigner } from "../../src/adapters/audit-signer-file.ts";
import { createKmsAuditSigner } from "../../src/adapters/audit-signer-kms.ts";
import type { AuditSigner } from "../../src/deps/audit-signer.ts";

/** Opens what signs exports; undefined when there is no key here. */
export type OpenSealKey = () => Promise<AuditSigner | undefined>;

/** The key that the gateway's variables name. One that is not there is not made: nobody would know it. */
export const openOwnSealKey: OpenSealKey = async () => {
  const { AUDIT_KEY_KMS_ARN: arn, AUDIT_KEY_FILE: file, DATA_DIR: dir = "/data" } = process.env;
  if (arn !== undefined) return createKmsAuditSigner(arn);
  const path = file ?? join(dir, "audit.key");
  return existsSync(path) ? createFileAuditSigner(path) : undefined;
};
