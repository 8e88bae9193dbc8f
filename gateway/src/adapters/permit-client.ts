import { Permit } from "permitio";
import type { Config } from "../config.ts";
import { GatewayError } from "../errors.ts";

const requestTimeoutMs = 5_000;

/** Permit's management API with the environment's key. Sends nothing until the first call; never repeats one. */
export function createPermitClient({ apiKey, apiUrl, pdpUrl }: Config["permit"]): Permit {
  const permit = new Permit({
    token: apiKey,
    apiUrl: apiUrl.replace(/\/+$/, ""),
    pdp: pdpUrl,
    timeout: requestTimeoutMs,
    // At level debug the SDK prints its configuration, API key included, and PERMIT_LOG_LEVEL could ask for that.
    log: { level: "silent" },
  });
  // The SDK's own timeout is for decisions only.
  permit.config.axiosInstance.defaults.timeout = requestTimeoutMs;
  // A redirect would carry the API key to wherever it points.
  permit.config.axiosInstance.defaults.maxRedirects = 0;
  return permit;
}

interface HttpFailure {
  readonly message?: string;
  readonly response?: { readonly status?: number };
}

/** HTTP status of a failed call to Permit; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as HttpFailure | undefined)?.response?.status;
}

/**
 * A failed call as GatewayError PERMIT_UNAVAILABLE. The SDK's error is left behind: it carries the request with the API
 * key in it, which would end up in the log.
 */
export function permitFailure(doing: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const status = statusOf(error);
  const message = error instanceof Error ? error.message : "unknown error";
  return new GatewayError("PERMIT_UNAVAILABLE", {
    detail: `${doing}: ${status === undefined ? "" : `status ${status}, `}${message}`,
  });
}
