import type { onRequestAsyncHookHandler } from "fastify";
import { GatewayError } from "./errors.ts";
import { countLines } from "./raw-headers.ts";

/** Scheme and authority of a request target in absolute form (RFC 9112 section 3.2.2). */
const absoluteForm = /^https?:\/\/[^/?#]*/i;

/**
 * The request was meant for this gateway: `Host` is the public one, or 421 (RFC 9110 section 15.5.20). A name that
 * somebody else points here (DNS rebinding) would make a browser treat this gateway as a part of their site. Of two `Host`
 * lines whoever stands in front may read the other one, so there is one, or 400 (RFC 9112 section 3.2). A target in absolute
 * form stands in place of `Host` (section 3.2.2), with its scheme: URLs that are made of it begin with the public one.
 */
export function checkHostHeader(publicUrl: string): onRequestAsyncHookHandler {
  const { host, origin } = new URL(publicUrl);
  return async ({ headers, raw }) => {
    if (countLines(raw.rawHeaders, "host") > 1) {
      throw new GatewayError("REQUEST_INVALID", { sentence: "The request has more than one Host header." });
    }
    const { url = "/" } = raw;
    const isOurs =
      url.startsWith("/") || url === "*"
        ? headers.host?.toLowerCase() === host
        : absoluteForm.exec(url)?.[0].toLowerCase() === origin;
    if (!isOurs) throw new GatewayError("HOST_MISDIRECTED");
  };
}
