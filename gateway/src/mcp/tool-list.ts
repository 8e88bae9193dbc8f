import type { ServerSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import type { VisibleTools } from "./exchange.ts";
import { foldKey } from "./json-rpc.ts";
import { nameOfEntry } from "./tool-definition.ts";

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Entries of one list. What it takes to compare them holds up everybody else. */
export const listedToolsMax = 2_000;

function unreadable(detail: string): GatewayError {
  return new GatewayError("UPSTREAM_UNAVAILABLE", {
    sentence: "The MCP server's tool list could not be read.",
    detail,
  });
}

/**
 * The entries with these names. Where a definition was reviewed, only that one is shown, whatever else is known: a
 * model reads it. Of a name with another definition beside it none is, because clients differ in which one they take.
 * `digests`: those of these entries, as `digestsOf` has them.
 */
export function shownEntries(
  entries: readonly unknown[],
  { tools }: Pick<ServerSettings, "tools">,
  names: ReadonlySet<string>,
  digests: ReadonlyMap<string, string>,
): readonly unknown[] {
  return entries.filter((entry) => {
    const name = nameOfEntry(entry);
    if (name === undefined || !names.has(name)) return false;
    const reviewed = tools.get(name)?.digest;
    return reviewed === undefined || digests.get(name) === reviewed;
  });
}

/**
 * Refuses two spellings of a member, another one of `member`, and `__proto__`: parsers that match keys without regard to case
 * would find a list there that was not filtered.
 */
function refuseAmbiguous(object: Json, member: string): void {
  const folded = new Set<string>();
  for (const key of Object.keys(object)) {
    const each = foldKey(key);
    if (key === "__proto__" || folded.has(each) || (each === member && key !== member)) {
      throw unreadable(`the member ${JSON.stringify(key.slice(0, 100))} is ambiguous`);
    }
    folded.add(each);
  }
}

/** The messages of an answer: one, or the batch that revision 2025-03-26 lets a server send. */
function messagesOf(answer: unknown): readonly unknown[] {
  const messages: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  let listed = 0;
  for (const message of messages) {
    if (Array.isArray(message)) throw unreadable("a batch in a batch");
    if (!isObject(message)) continue;
    refuseAmbiguous(message, "result");
    if (!isObject(message.result)) continue;
    refuseAmbiguous(message.result, "tools");
    const { tools } = message.result;
    if (tools !== undefined && !Array.isArray(tools)) throw unreadable("the list is no list");
    listed += tools?.length ?? 0;
  }
  if (listed > listedToolsMax) throw unreadable(`more than ${listedToolsMax} tools`);
  return messages;
}

async function filterMessage(message: unknown, visibleTools: VisibleTools): Promise<unknown> {
  if (!isObject(message) || !isObject(message.result) || !Array.isArray(message.result.tools)) return message;
  const kept = await visibleTools(message.result.tools);
  const hinted = "cacheScope" in message.result || "ttlMs" in message.result;
  return { ...message, result: { ...message.result, tools: kept, ...(hinted ? { cacheScope: "private" } : {}) } };
}

/**
 * Leaves only visible tools in a JSON-RPC answer that holds a tool list; returns anything else as it is. The cursor
 * stays: a page may be empty and still have a next one. A list made for one agent must not be kept for another, so a
 * caching hint becomes private (MCP 2026-07-28, caching). Throws GatewayError UPSTREAM_UNAVAILABLE for more than 2,000
 * entries, and for what clients could read in two ways.
 */
export async function filterTools(answer: unknown, visibleTools: VisibleTools): Promise<unknown> {
  const messages = await Promise.all(messagesOf(answer).map((message) => filterMessage(message, visibleTools)));
  return Array.isArray(answer) ? messages : messages[0];
}
