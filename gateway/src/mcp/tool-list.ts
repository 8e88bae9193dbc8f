import type { ServerSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import type { VisibleTools } from "./exchange.ts";
import { digestOfEntry, nameOfEntry } from "./tool-definition.ts";

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The entries with these names. Where a definition was reviewed, only that one is shown, whatever else is known: a
 * model reads it. Of a name with another definition beside it none is, because clients differ in which one they take.
 */
export function shownEntries(
  entries: readonly unknown[],
  { tools }: ServerSettings,
  names: ReadonlySet<string>,
): readonly unknown[] {
  const changed = new Set(
    entries.map((entry) => {
      const name = nameOfEntry(entry);
      const reviewed = name === undefined ? undefined : tools.get(name)?.digest;
      return name === undefined || reviewed === undefined || digestOfEntry(name, entry) === reviewed ? undefined : name;
    }),
  );
  return entries.filter((entry) => {
    const name = nameOfEntry(entry);
    return name !== undefined && names.has(name) && !changed.has(name);
  });
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
  const kept = await visibleTools(tools);
  const hinted = "cacheScope" in message.result || "ttlMs" in message.result;
  return { ...message, result: { ...message.result, tools: kept, ...(hinted ? { cacheScope: "private" } : {}) } };
}
