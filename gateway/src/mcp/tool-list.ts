import { GatewayError } from "../errors.ts";
import type { VisibleTools } from "./exchange.ts";

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Leaves only visible tools in a JSON-RPC answer that holds a tool list; returns anything else as it is. The cursor
 * stays: a page may be empty and still have a next one. A list made for one agent must not be kept for another, so a
 * caching hint becomes private (MCP 2026-07-28, caching).
 */
export async function filterTools(message: unknown, visibleTools: VisibleTools): Promise<unknown> {
  if (Array.isArray(message)) return Promise.all(message.map((each) => filterTools(each, visibleTools)));
  if (!isObject(message) || !isObject(message.result) || !("tools" in message.result)) return message;
  const { tools } = message.result;
  if (!Array.isArray(tools)) {
    throw new GatewayError("UPSTREAM_UNAVAILABLE", { sentence: "The MCP server's tool list could not be read." });
  }
  const visible = await visibleTools();
  const kept = tools.filter((tool) => isObject(tool) && typeof tool.name === "string" && visible.has(tool.name));
  const hinted = "cacheScope" in message.result || "ttlMs" in message.result;
  return { ...message, result: { ...message.result, tools: kept, ...(hinted ? { cacheScope: "private" } : {}) } };
}
