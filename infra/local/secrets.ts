import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const secretsSchema = z.object({
  authSecret: z.string().min(32),
  permitOrganizationKey: z.string().min(1),
  /** E-mail -> password of the demo accounts. */
  passwords: z.record(z.string(), z.string()),
});

/** What AWS keeps in Secrets Manager and a laptop in one file of mode 0600. */
export type LocalSecrets = z.infer<typeof secretsSchema>;

/**
 * Reads `secrets.json` of the data folder, or makes it. Random on each machine: a gateway with a password that is the
 * same everywhere would be open to every page the developer visits. Humans new to the policy get a password.
 */
export function readOrCreateSecrets(dataDir: string, emails: readonly string[]): LocalSecrets {
  const file = join(dataDir, "secrets.json");
  const secrets: LocalSecrets = existsSync(file)
    ? secretsSchema.parse(JSON.parse(readFileSync(file, "utf8")))
    : {
        authSecret: randomBytes(32).toString("base64url"),
        permitOrganizationKey: `permit_key_${randomBytes(32).toString("hex")}`,
        passwords: {},
      };
  for (const email of emails) secrets.passwords[email] ??= randomBytes(12).toString("base64url");
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
}
