import type { onRequestAsyncHookHandler } from "fastify";
import { GatewayError } from "./errors.ts";

/**
 * The request was meant for this gateway: `Host` is the public one, or 421 (RFC 9110 section 15.5.20). A name that
 * somebody else points here (DNS rebinding) would make a browser treat this gateway as a part of their site.
 */
export function checkHostHeader(publicUrl: string): onRequestAsyncHookHandler {
  const { host } = new URL(publicUrl);
  return async (request) => {
    if (request.headers.host?.toLowerCase() !== host) throw new GatewayError("HOST_MISDIRECTED");
  };
}
