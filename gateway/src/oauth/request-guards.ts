import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import { GatewayError } from "../errors.ts";

/** Refuses a request for another host (RFC 9110 section 15.5.20): links are made for `publicUrl` only. */
export function requireOwnHost(publicUrl: string): onRequestAsyncHookHandler {
  const { host } = new URL(publicUrl);
  return async (request) => {
    if (request.headers.host !== host) throw new GatewayError("HOST_MISDIRECTED");
  };
}

/** Refuses a request that another site's page makes with the human's cookies. Browsers send Origin with every POST. */
export function requireOwnOrigin(request: FastifyRequest, publicUrl: string): void {
  if (request.headers.origin !== publicUrl) throw new GatewayError("ORIGIN_FORBIDDEN");
}

/** Error handler: the code and sentence of a GatewayError, nothing of any other error. */
export function sendError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toGatewayError(error);
  if (refusal.status >= 500) request.log.error({ err: error }, "a request failed");
  return reply
    .code(refusal.status)
    .header("cache-control", "no-store")
    .send({ error: refusal.code, message: refusal.sentence });
}

function toGatewayError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error;
  const status = "statusCode" in error ? Number(error.statusCode) : 500;
  // Fastify's own refusals: a body that is too long, not JSON, or of another media type.
  return status >= 400 && status < 500
    ? new GatewayError("REQUEST_INVALID", { detail: error.message })
    : new GatewayError("INTERNAL", { cause: error });
}
