import { reaches } from "@permit-mcp-gateway/policies";
import { GatewayError } from "../../errors.ts";
import { hasTrust } from "../effective-trust.ts";
import type { McpDeps, WithGrant, WithMessage, WithServer, WithTerm } from "../exchange.ts";
import { isObject } from "../json-rpc.ts";
import { staysOpen } from "../methods.ts";

/** What of a subscription's filter is about what (MCP 2026-07-28, subscriptions). Of anything else nothing is known. */
const about = {
  toolsListChanged: undefined,
  promptsListChanged: "prompts",
  resourcesListChanged: "resources",
  resourceSubscriptions: "resources",
} as const;

/**
 * A subscription goes on without what is not open to the agent; its acknowledgement lists what is left, as for a
 * server that does not have the rest. Throws GatewayError MESSAGE_INVALID without a filter: it is required there, and what a
 * server makes of none is unknown, perhaps everything.
 */
export async function narrowSubscription(
  { message, server, grant, term }: WithMessage & WithServer & WithGrant & WithTerm,
  deps: McpDeps,
): Promise<WithMessage> {
  if (message.kind !== "request" || !staysOpen(message)) return { message };
  const { notifications } = message.params;
  if (!isObject(notifications)) {
    throw new GatewayError("MESSAGE_INVALID", { sentence: "The notifications of a subscription must be an object." });
  }
  const kept: [string, unknown][] = [];
  for (const [member, value] of Object.entries(notifications)) {
    if (!Object.hasOwn(about, member)) continue;
    const part = about[member as keyof typeof about];
    const from = part === undefined ? "low" : server[part];
    if (from === "off" || !reaches(term.ceiling, from)) continue;
    if (part === undefined || (await hasTrust(from, { server, grant }, deps))) kept.push([member, value]);
  }
  const params = { ...message.params, notifications: Object.fromEntries(kept) };
  return { message: { ...message, params, json: { ...message.json, params } } };
}
