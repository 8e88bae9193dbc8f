import type { FastifyRequest } from "fastify";
import { GatewayError } from "../errors.ts";

/**
 * Refuses a request that another site's page makes with the human's cookies. Browsers send Origin with every POST.
 * Throws GatewayError ORIGIN_FORBIDDEN.
 */
export function requireOwnOrigin(request: FastifyRequest, publicUrl: string): void {
  if (request.headers.origin !== publicUrl) throw new GatewayError("ORIGIN_FORBIDDEN");
}
