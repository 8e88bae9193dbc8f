import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  type PutLogEventsCommandOutput,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import type { SettingsOf } from "../../audit-destination-forms.ts";
import type { AuditBatchLimits, AuditDestination } from "../../deps/audit.ts";
import { deliveryRange } from "./delivery.ts";

/** Quotas of PutLogEvents (Amazon CloudWatch Logs API Reference, PutLogEvents). */
const limits: AuditBatchLimits = {
  records: 10_000,
  bytes: 1_048_576,
  bytesPerRecord: 26,
  spanMs: 24 * 60 * 60 * 1000,
};

/** How many of a batch the service left out: what is before one index or from another on. */
function refusedOf({ rejectedLogEventsInfo: info }: PutLogEventsCommandOutput, count: number): number {
  const early = Math.max(info?.tooOldLogEventEndIndex ?? 0, info?.expiredLogEventEndIndex ?? 0);
  const late = info?.tooNewLogEventStartIndex === undefined ? 0 : count - info.tooNewLogEventStartIndex;
  return Math.min(count, early + late);
}

/**
 * A log group of CloudWatch, which must be there; in it one stream for each chain, `{host}/{chain}`, which is made when it
 * is missing. Region, credentials and endpoint come from where the AWS SDK looks for them: on ECS the task's role. What
 * the service answers when it is overloaded is thrown when the SDK's own attempts are used up.
 */
export function createCloudWatchDestination(
  { name, group }: SettingsOf<"cloudwatch">,
  hostKey: string,
): AuditDestination {
  const client = new CloudWatchLogsClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
  const makeStream = async (stream: string) => {
    try {
      await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }));
    } catch (error) {
      // Another replica was quicker.
      if (error instanceof ResourceAlreadyExistsException) return;
      if (!(error instanceof ResourceNotFoundException)) throw error;
      const message = `There is no log group ${group} in this account and region. Make it, or correct AUDIT_DESTINATIONS.`;
      throw new Error(message, { cause: error });
    }
  };
  return {
    name,
    limits,
    deliver: async (lines) => {
      const stream = `${hostKey}/${deliveryRange(lines).chain}`;
      // By time, as the service wants them: in a chain it never runs backwards.
      const logEvents = lines.map(({ time, line }) => ({ timestamp: Date.parse(time), message: line }));
      const put = () => client.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: stream, logEvents }));
      const answer = await put().catch(async (error: unknown) => {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        await makeStream(stream);
        return put();
      });
      return refusedOf(answer, lines.length);
    },
    close: () => client.destroy(),
  };
}
