import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  type PutLogEventsCommandOutput,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { auditLine } from "../audit/line.ts";
import type { AuditBatchLimits, AuditDestination } from "../deps/audit.ts";

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
 * A log group of CloudWatch, which must be there; the stream, one per host, is made when it is missing. Region,
 * credentials and endpoint come from where the AWS SDK looks for them: on ECS the task's role.
 */
export function createCloudWatchDestination(group: string, stream: string): AuditDestination {
  const client = new CloudWatchLogsClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
  const makeStream = async () => {
    try {
      await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }));
    } catch (error) {
      // Another replica was quicker.
      if (error instanceof ResourceAlreadyExistsException) return;
      if (!(error instanceof ResourceNotFoundException)) throw error;
      const message = `There is no log group ${group} in this account and region. Make it, or correct AUDIT_LOG_GROUP.`;
      throw new Error(message, { cause: error });
    }
  };
  return {
    limits,
    deliver: async (records) => {
      // The service wants them by time; ids of one millisecond are in no order of time.
      const logEvents = records
        .map((record) => ({ timestamp: Date.parse(record.time), message: auditLine(record) }))
        .sort((a, b) => a.timestamp - b.timestamp);
      const put = () => client.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: stream, logEvents }));
      const answer = await put().catch(async (error: unknown) => {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        await makeStream();
        return put();
      });
      return refusedOf(answer, records.length);
    },
    close: () => client.destroy(),
  };
}
