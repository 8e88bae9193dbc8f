/** The places that a log can be read from, line by line, each chain in its order. */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { UsageError } from "@permit-mcp-gateway/policies/cli/command";

/** A line, and where it is. */
export interface PlacedLine {
  readonly line: string;
  readonly place: string;
}

/** Cuts chunks of bytes into lines. A last line without an end is a line. */
async function* linesOf(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<PlacedLine> {
  let rest: Buffer[] = [];
  let number = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const part = chunk.subarray(start, end);
      const line = rest.length === 0 ? part.toString() : Buffer.concat([...rest, part]).toString();
      rest = [];
      start = end + 1;
      number += 1;
      yield { line, place: `${name}:${number}` };
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield { line: Buffer.concat(rest).toString(), place: `${name}:${number + 1}` };
}

/** A file of lines, compressed where its name ends with `.gz`; `-` is standard input. Throws UsageError when it can't be read. */
export async function* readFileLines(path: string): AsyncGenerator<PlacedLine> {
  const bytes = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 1024 * 1024 });
  const plain = path.endsWith(".gz") ? bytes.pipe(createGunzip()) : bytes;
  bytes.on("error", (error: Error) => plain.destroy(error));
  try {
    yield* linesOf(plain as AsyncIterable<Buffer>, path === "-" ? "standard input" : path);
  } catch (error) {
    throw new UsageError(`${path} can't be read: ${(error as Error).message}`);
  }
}

/** A log group of CloudWatch: one stream for each chain. Throws what the AWS SDK throws. */
export async function* readLogGroup(group: string): AsyncGenerator<PlacedLine> {
  const client = new CloudWatchLogsClient({});
  try {
    let more: string | undefined;
    do {
      const page = await client.send(new DescribeLogStreamsCommand({ logGroupName: group, nextToken: more }));
      more = page.nextToken;
      for (const { logStreamName = "" } of page.logStreams ?? []) yield* readLogStream(client, group, logStreamName);
    } while (more !== undefined);
  } finally {
    client.destroy();
  }
}

async function* readLogStream(client: CloudWatchLogsClient, group: string, stream: string): AsyncGenerator<PlacedLine> {
  let nextToken: string | undefined;
  let number = 0;
  for (;;) {
    const asked = { logGroupName: group, logStreamName: stream, startFromHead: true, nextToken };
    const page = await client.send(new GetLogEventsCommand(asked));
    for (const { message = "" } of page.events ?? []) {
      number += 1;
      yield { line: message, place: `${stream}:${number}` };
    }
    // At the end of a stream the service gives the token that it was asked with.
    if (page.nextForwardToken === nextToken || page.nextForwardToken === undefined) return;
    nextToken = page.nextForwardToken;
  }
}
