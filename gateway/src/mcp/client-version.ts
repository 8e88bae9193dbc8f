import type { WithMessage, WithSession } from "./exchange.ts";
import type { RpcMessage } from "./json-rpc.ts";

/** Key of a request's client information (MCP 2026-07-28, `_meta`). */
const clientInfoKey = "io.modelcontextprotocol/clientInfo";

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/**
 * Version of the MCP client, as it says it: in each message from 2026-07-28 on; before, in `initialize`, for the session that
 * this opens.
 */
export function clientVersion({
  message,
  sessionClientVersion,
}: Partial<WithMessage & WithSession>): string | undefined {
  return versionIn(message) ?? sessionClientVersion;
}

function versionIn(message: RpcMessage | undefined): string | undefined {
  if (message?.kind !== "request") return undefined;
  const { method, params } = message;
  const info =
    method === "initialize" ? memberOf(params, "clientInfo") : memberOf(memberOf(params, "_meta"), clientInfoKey);
  const version = memberOf(info, "version");
  return typeof version === "string" && version !== "" ? version : undefined;
}
