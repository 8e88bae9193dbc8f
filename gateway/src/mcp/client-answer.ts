import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyReply } from "fastify";
import type { AnswerKind } from "./answer-headers.ts";

/** What the client gets. */
export interface ClientAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly kind: AnswerKind;
  readonly body: Readable | undefined;
}

/** Writes past Fastify, which would hold the headers back until the first byte of a stream that may stay silent. */
export async function sendAnswer(
  reply: FastifyReply,
  { status, headers, body }: ClientAnswer,
  abort: AbortController,
): Promise<void> {
  const all = { ...reply.getHeaders(), ...headers };
  if (body === undefined) {
    await reply.code(status).headers(headers).send();
    return;
  }
  reply.hijack();
  for (const [name, value] of Object.entries(all)) if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.writeHead(status);
  reply.raw.flushHeaders();
  await pipeline(body, reply.raw, { signal: abort.signal });
}
