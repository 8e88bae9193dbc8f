import type { OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyReply } from "fastify";
import { GatewayError } from "../errors.ts";
import type { AnswerKind } from "./answer-headers.ts";
import { keepAlive } from "./keep-alive.ts";

/** What the client gets. */
export interface ClientAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly kind: AnswerKind;
  readonly body: Readable | undefined;
}

/** JSON of at most this much goes out in one piece. */
const onePieceBytes = 64 * 1024;

/**
 * The beginning of a body: all of it, or, when it is longer than one piece, what came so far, with the body paused. Throws
 * the GatewayError that ends the body, or UPSTREAM_UNAVAILABLE.
 */
function readStart(body: Readable): Promise<{ readonly start: Buffer; readonly whole: boolean }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const broken = () => body.errored ?? new Error("The answer ended before its end.");
    const fail = (cause: unknown) =>
      reject(cause instanceof GatewayError ? cause : new GatewayError("UPSTREAM_UNAVAILABLE", { cause }));
    const finish = (whole: boolean) => {
      body.off("data", take).off("end", end).off("error", fail).off("close", close);
      resolve({ start: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks), whole });
    };
    const take = (chunk: Buffer | string) => {
      chunks.push(Buffer.from(chunk as Buffer));
      bytes += chunk.length;
      if (bytes <= onePieceBytes) return;
      body.pause();
      finish(false);
    };
    const end = () => finish(true);
    const close = () => fail(broken());
    // It may have broken off while the call was being recorded: then nothing more comes.
    if (body.destroyed) return fail(broken());
    body.on("data", take).once("end", end).once("error", fail).once("close", close);
  });
}

/**
 * Writes past Fastify, which would hold the headers of a stream back until its first byte. JSON is of no use to a client
 * before it is whole, so a short one goes out at once, with its length. Throws GatewayError while nothing was sent, so
 * that the client can still be told.
 */
export async function sendAnswer(
  reply: FastifyReply,
  { status, headers, kind, body }: ClientAnswer,
  abort: AbortController,
): Promise<void> {
  if (body === undefined) {
    await reply.code(status).headers(headers).send();
    return;
  }
  const beginning = kind === "json" ? await readStart(body) : undefined;
  const all = { ...reply.getHeaders(), ...headers } as OutgoingHttpHeaders;
  const { raw } = reply;
  reply.hijack();
  if (beginning?.whole === true) {
    raw.writeHead(status, { ...all, "content-length": beginning.start.length }).end(beginning.start);
    return;
  }
  raw.writeHead(status, all);
  if (beginning === undefined) raw.flushHeaders();
  else raw.write(beginning.start);
  const end = kind === "events" ? keepAlive(body, raw) : () => undefined;
  await pipeline(body, raw, { signal: abort.signal }).finally(end);
}
