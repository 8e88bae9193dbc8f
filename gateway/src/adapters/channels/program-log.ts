import type { Readable } from "node:stream";
import type { FastifyBaseLogger } from "fastify";
import { linesOf } from "./json-lines.ts";

const maxLineChars = 2_000;
const maxLines = 500;
/** Longer ones end the reading: what has no lines is no log. */
const maxLineBytes = 64 * 1024;

/**
 * Writes what a program says on its standard error to the gateway's log, line by line and within limits, without the
 * secrets that it was given. The rest is read and dropped, so that the program does not wait for it.
 */
export async function logErrors(
  stream: Readable,
  log: FastifyBaseLogger,
  secrets: readonly string[],
  about: object,
): Promise<void> {
  const hidden = secrets.filter((secret) => secret !== "");
  let lines = 0;
  try {
    for await (const line of linesOf(stream, maxLineBytes)) {
      lines += 1;
      if (lines > maxLines) continue;
      // First the secrets: half of one, cut off by the limit, would not be found any more.
      const clean = hidden.reduce((text, secret) => text.replaceAll(secret, "[secret]"), line);
      log.info(
        { ...about, stderr: clean.slice(0, maxLineChars).replaceAll(/\p{Cc}/gu, " ") },
        "an MCP server's program says",
      );
    }
  } catch {
    stream.resume();
  }
  if (lines > maxLines)
    log.info({ ...about, dropped: lines - maxLines }, "lines of an MCP server's program were dropped");
}
