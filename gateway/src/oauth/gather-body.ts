import { Readable } from "node:stream";
import type { preParsingAsyncHookHandler } from "fastify";
import { GatewayError } from "../errors.ts";
import { readBytes } from "../read-bytes.ts";

/**
 * Gives Fastify's parsers the body in one piece. They limit its bytes, but keep every chunk as it came until the end, and
 * anybody may send one in 1-byte chunks: hundreds of times the limit for each request that stays open.
 */
export const gatherBody: preParsingAsyncHookHandler = async (request, _reply, payload) => {
  const { headers, method } = request;
  const { bodyLimit } = request.routeOptions;
  const length = headers["content-length"];
  const hasBody = headers["transfer-encoding"] !== undefined || length !== undefined;
  // What Fastify does not read, or refuses unread.
  if (!hasBody || method === "GET" || method === "HEAD" || Number(length) > bodyLimit) return payload;
  const body = await readBytes(payload as Readable, bodyLimit).catch((cause: unknown) => {
    throw new GatewayError("REQUEST_INVALID", { sentence: "The body ended before its end.", cause });
  });
  // One byte too many, for Fastify to refuse: its answer is the same however the body came.
  return Readable.from([body ?? Buffer.alloc(bodyLimit + 1)]);
};
