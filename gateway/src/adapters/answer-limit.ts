/** The largest message that a server may answer with (`maxAnswerMegabytes`), measured as it arrives: nothing is kept for it. */
import type { Readable } from "node:stream";
import { GatewayError } from "../errors.ts";
import { onArrival } from "../mcp/body-arrivals.ts";
import { eventSizer } from "../mcp/event-size.ts";

/** An answer as undici has it. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Readable;
}

/** What the client is told in place of the answer, or of its rest. */
export function answerTooLarge(maxBytes: number): GatewayError {
  const sentence = `The MCP server's answer is larger than ${maxBytes / 1_000_000} MB, so it was not passed on. It may have taken effect. Ask the server for less, or an admin to raise \`maxAnswerMegabytes\`.`;
  return new GatewayError("UPSTREAM_ANSWER_TOO_LARGE", { sentence });
}

/** True for an answer that is a stream of events. */
export function isEvents({ statusCode, headers }: Answer): boolean {
  const type = String(headers["content-type"] ?? "").split(";")[0];
  return statusCode === 200 && type?.trim().toLowerCase() === "text/event-stream";
}

/** True when the server says itself that its one message is larger. The length of a stream is that of no message. */
export function announcesMore(answer: Answer, maxBytes: number): boolean {
  // What was refused for its credentials may be sent again with others.
  if (isEvents(answer) || answer.statusCode === 401 || answer.statusCode === 403) return false;
  return Number(answer.headers["content-length"]) > maxBytes;
}

/**
 * Destroys the body with UPSTREAM_ANSWER_TOO_LARGE where its one message, or one event of a stream, grows past `maxBytes`. To
 * be called before its first byte is there.
 */
export function limitAnswer(answer: Answer, maxBytes: number): void {
  const { body } = answer;
  let bytes = 0;
  const wholeSize = (chunk: Buffer) => {
    bytes += chunk.length;
    return bytes;
  };
  const sizeWith = isEvents(answer) ? eventSizer() : wholeSize;
  // Of undici: bytes, never text.
  onArrival(body, (chunk) => (sizeWith(chunk as Buffer) <= maxBytes ? undefined : answerTooLarge(maxBytes)));
}
