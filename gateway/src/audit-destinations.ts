/** The places that audit records are shipped to, as the environment says it. */
import { z } from "zod";
import { type AuditDestinationSettings, parseAuditDestination } from "./audit-destination-forms.ts";

/**
 * `AUDIT_DESTINATIONS`: URLs separated by spaces, or `none:` alone. What is wrong is told by the number of the entry and the
 * form that it should have, never by its value.
 */
export const auditDestinationsSchema = z
  .string()
  .prefault("stdout:")
  .transform((value, context): readonly AuditDestinationSettings[] => {
    const entries = value.split(/\s+/).filter((entry) => entry !== "");
    const parsed = entries.map((entry) =>
      entry === "none:" && entries.length === 1 ? undefined : parseAuditDestination(entry),
    );
    const problems = parsed.flatMap((entry, index) =>
      typeof entry === "string" ? [`entry ${index + 1} ${entry}`] : [],
    );
    const places = parsed.filter((entry) => typeof entry === "object");
    const again = places.findIndex(({ name }, index) => places.findIndex((other) => other.name === name) < index);
    if (problems.length === 0 && again >= 0) problems.push(`entry ${again + 1} is the same as one before it`);
    if (entries.length === 0) problems.push("is empty: say none: where records shall stay in the database alone");
    for (const message of problems) context.addIssue({ code: "custom", message });
    return problems.length === 0 ? places : z.NEVER;
  });

/**
 * `AUDIT_WEBHOOK_SECRET`: what webhooks are signed with, in the form of Standard Webhooks (24 to 64 random bytes); several
 * separated by spaces while one takes the place of another.
 */
export const auditWebhookSecretSchema = z.string().transform((value, context): readonly string[] => {
  const secrets = value.split(/\s+/).filter((secret) => secret !== "");
  const isSecret = (secret: string) => {
    const bytes = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
    const length = Buffer.from(bytes ?? "", "base64").length;
    return length >= 24 && length <= 64;
  };
  if (secrets.length > 0 && secrets.every(isSecret)) return secrets;
  const message = 'must be whsec_ and 24 to 64 bytes in base64, such as "whsec_$(openssl rand -base64 32)"';
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** What is wrong with both together, as text: a webhook without a secret, or a secret that signs nothing. */
export function auditDestinationProblems(
  destinations: readonly AuditDestinationSettings[],
  webhookSecrets: readonly string[] | undefined,
): readonly string[] {
  const hasWebhook = destinations.some(({ kind }) => kind === "webhook");
  if (hasWebhook && webhookSecrets === undefined)
    return ["AUDIT_WEBHOOK_SECRET: a webhook in AUDIT_DESTINATIONS needs it"];
  if (!hasWebhook && webhookSecrets !== undefined) return ["AUDIT_WEBHOOK_SECRET: no webhook is in AUDIT_DESTINATIONS"];
  return [];
}
