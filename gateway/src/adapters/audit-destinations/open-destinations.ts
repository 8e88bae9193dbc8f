import type { AuditDestinationSettings } from "../../audit-destination-forms.ts";
import type { AuditDestination } from "../../deps/audit.ts";
import type { Clock } from "../../deps/process.ts";
import { createCloudWatchDestination } from "./cloudwatch.ts";
import { createFileDestination } from "./file.ts";
import { createS3Destination } from "./s3.ts";
import { createStandardOutputDestination } from "./standard-output.ts";
import { createSyslogDestination } from "./syslog.ts";
import { createWebhookDestination } from "./webhook.ts";

/** What destinations work with. */
export interface AuditDestinationParts {
  /** Key of the host that the records are of. */
  readonly hostKey: string;
  /** Undefined only where no webhook is. */
  readonly webhookSecrets: readonly string[] | undefined;
  readonly clock: Clock;
}

/**
 * The destinations of the settings, in their order; none is asked for anything yet. Throws for a webhook without a secret:
 * nothing is sent that a receiver could not check.
 */
export function openAuditDestinations(
  settings: readonly AuditDestinationSettings[],
  parts: AuditDestinationParts,
): readonly AuditDestination[] {
  return settings.map((each) => openDestination(each, parts));
}

function openDestination(
  settings: AuditDestinationSettings,
  { hostKey, webhookSecrets, clock }: AuditDestinationParts,
): AuditDestination {
  switch (settings.kind) {
    case "stdout":
      return createStandardOutputDestination(settings);
    case "file":
      return createFileDestination(settings);
    case "cloudwatch":
      return createCloudWatchDestination(settings, hostKey);
    case "s3":
      return createS3Destination(settings, hostKey);
    case "webhook":
      if (webhookSecrets === undefined || webhookSecrets.length === 0) {
        throw new Error(`The webhook ${settings.name} needs AUDIT_WEBHOOK_SECRET.`);
      }
      return createWebhookDestination(settings, { secrets: webhookSecrets, clock });
    case "syslog":
      return createSyslogDestination(settings, { hostKey });
  }
}
