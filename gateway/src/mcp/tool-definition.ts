/** What an entry of a tool list defines, in the form in which it was reviewed. Pure. */
import { toolDigest } from "@permit-mcp-gateway/policies";
import { foldKey } from "./json-rpc.ts";
import { isTooDeep } from "./json-text.ts";

/** Members that the reviewed digest is made of, and the name. */
const definingMembers = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];
const foldedMembers = new Set(definingMembers.map(foldKey));

/** Stands for the digest of a definition that can't be what was reviewed, whatever its digest would be. */
export const ambiguousDefinition = "ambiguous";

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

/** `toolDigest` of an entry that has a name, or `ambiguousDefinition`. */
export function digestOfEntry(name: string, entry: unknown): string {
  if (isTooDeep(entry) || isAmbiguous(entry as Json)) return ambiguousDefinition;
  // Numbers that were kept as written become those that the lock was made of.
  return toolDigest(name, JSON.parse(JSON.stringify(entry)) as Parameters<typeof toolDigest>[1]);
}
