/** What an entry of a tool list defines, in the form in which it was reviewed. */
import { setImmediate } from "node:timers/promises";
import { toolDigest } from "@permit-mcp-gateway/policies";
import type { ServerSettings } from "../deps/host-settings.ts";
import { foldKey } from "./json-rpc.ts";
import { isTooDeep } from "./json-text.ts";

/** Members that the reviewed digest is made of, and the name. */
const definingMembers = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];
const foldedMembers = new Set(definingMembers.map(foldKey));

/** Stands for the digest of a definition that can't be what was reviewed, whatever its digest would be. */
export const ambiguousDefinition = "ambiguous";

/** Larger ones are never what was reviewed: while one is digested, nothing else happens. */
const definitionCharsMax = 256 * 1024;
/** How long entries are digested until others have their turn. */
const turnMs = 20;

type Json = Readonly<Record<string, unknown>>;

/** The name of an entry; undefined for what is no tool. */
export function nameOfEntry(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { name } = entry as Json;
  return typeof name === "string" ? name : undefined;
}

/**
 * A second spelling of a member, or `__proto__`, could show a client another definition than the one that is compared:
 * some parsers match keys without regard to case, and some ways to copy an object take `__proto__` for its prototype.
 */
function isAmbiguous(entry: Json): boolean {
  return Object.keys(entry).some(
    (key) => key === "__proto__" || (foldedMembers.has(foldKey(key)) && !definingMembers.includes(key)),
  );
}

/** `toolDigest` of an entry that has a name, or `ambiguousDefinition`, also for more than 256 KB of JSON. */
export function digestOfEntry(name: string, entry: unknown): string {
  if (isTooDeep(entry) || isAmbiguous(entry as Json)) return ambiguousDefinition;
  const text = JSON.stringify(entry);
  if (text.length > definitionCharsMax) return ambiguousDefinition;
  // Numbers that were kept as written become those that the lock was made of.
  return toolDigest(name, JSON.parse(text) as Parameters<typeof toolDigest>[1]);
}

/**
 * Digests of the tools of which one was reviewed, by name. Of a name that comes twice it is the one that was not reviewed:
 * nobody can tell which is called. No entry is digested twice, and none of a name that is already another. Lets others have their
 * turn in between.
 */
export async function digestsOf(
  { tools }: Pick<ServerSettings, "tools">,
  entries: readonly unknown[],
): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  let turnBeganMs = performance.now();
  for (const entry of entries) {
    const name = nameOfEntry(entry);
    const reviewed = name === undefined ? undefined : tools.get(name)?.digest;
    if (name === undefined || reviewed === undefined || (digests.get(name) ?? reviewed) !== reviewed) continue;
    if (performance.now() - turnBeganMs > turnMs) {
      await setImmediate();
      turnBeganMs = performance.now();
    }
    const digest = digestOfEntry(name, entry);
    // The policy's own text where it is the same, so that thousands of views share it.
    digests.set(name, digest === reviewed ? reviewed : digest);
  }
  return digests;
}
