import type { FastifyReply, FastifyRequest } from "fastify";
import { markRequest } from "./recorded-request.ts";

/** Headers that concern the connection to the browser, or that we set ourselves. */
const notForwarded = /^(?:host|connection|content-length|transfer-encoding|forwarded|x-forwarded-.*)$/;

/**
 * The request as the library gets it. Its URL is made of the configured origin, never of the Host header: the library
 * derives links and checks from it. `cookies: false` for the endpoints that clients call: there a cookie that a
 * browser adds of itself must not count as a sign-in.
 */
export function toLibraryRequest(
  request: FastifyRequest,
  {
    publicUrl,
    cookies,
    body,
  }: { readonly publicUrl: string; readonly cookies: boolean; readonly body?: string | Buffer<ArrayBuffer> },
): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || notForwarded.test(name) || (name === "cookie" && !cookies)) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, each);
  }
  markRequest(headers, request);
  return new Request(new URL(request.raw.url ?? "/", publicUrl), {
    method: request.method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
}

/** Sends what the library answered, each cookie as its own header. */
export async function sendLibraryResponse(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  reply.code(response.status);
  for (const [name, value] of response.headers) {
    if (name !== "set-cookie" && name !== "content-length") reply.header(name, value);
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) reply.header("set-cookie", cookies);
  if (!response.headers.has("cache-control")) reply.header("cache-control", "no-store");
  // Codes and signed queries are in URLs here; no other site may learn them from a Referer.
  reply.header("referrer-policy", "no-referrer");
  return reply.send(response.body === null ? null : Buffer.from(await response.arrayBuffer()));
}

/** The body as it came. Empty where there is none. */
export function bodyBytes(request: FastifyRequest): Buffer<ArrayBuffer> {
  return Buffer.isBuffer(request.body) ? Buffer.from(request.body) : Buffer.alloc(0);
}
