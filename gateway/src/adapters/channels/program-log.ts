import type { Readable } from "node:stream";
import type { FastifyBaseLogger } from "fastify";
import { logLinesOf } from "./log-lines.ts";

const maxLineChars = 2_000;
const maxLines = 500;
/** So much of a line is looked at. */
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
  const longest = Math.max(0, ...hidden.map(({ length }) => length));
  let lines = 0;
  try {
    for await (const { text, cut } of logLinesOf(stream, maxLineBytes)) {
      lines += 1;
      if (lines > maxLines) continue;
      // First the secrets: half of one, cut off by the limit, would not be found any more.
      const clean = hidden.reduce((line, secret) => line.replaceAll(secret, "[secret]"), text);
      const shown = cut ? clean.slice(0, Math.max(0, clean.length - longest)) : clean;
      log.info(
        { ...about, stderr: shown.slice(0, maxLineChars).replaceAll(/\p{Cc}/gu, " ") },
        "an MCP server's program says",
      );
    }
  } catch {
    // The program has gone, or its pipe has: there is nothing left to read.
  }
  if (lines > maxLines)
    log.info({ ...about, dropped: lines - maxLines }, "lines of an MCP server's program were dropped");
}
