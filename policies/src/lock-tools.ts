import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { type LockFile, toolDefinitionSchema, toolDigest } from "./lock.ts";
import { toolActionKey } from "./permit-keys.ts";
import { findInvisible } from "./text-invisible.ts";

/** Tools as a lock has them, and those of the server that no policy can have. */
export interface LockableTools {
  readonly tools: LockFile["tools"];
  /** In the order in which the server lists them. `name` is text of the server, or empty when it gave none. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/** Characters of a tool name at most (MCP specification 2025-11-25, Tools, Tool Names). */
const nameLengthMax = 128;
/** Levels of objects and lists in a definition: far more than people read, far less than what ends a stack. */
const nestingMax = 64;

const listedTool = z.object({ name: z.string(), ...toolDefinitionSchema.shape });

function isNestedWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isNestedWithin(inner, levels - 1));
}

function whyNotName(name: string): string | undefined {
  if (!name.isWellFormed()) return "its name holds half of a Unicode surrogate pair";
  if (findInvisible(name).length > 0 || /[\t\n\r]/.test(name)) return "its name holds an invisible character";
  if (name === "__proto__") return "no policy file can hold this name";
  if (name.length > nameLengthMax) return `its name is longer than ${nameLengthMax} characters`;
  if (toolActionKey(name) === "") return "its name has no ASCII letter or digit to make an action key of";
  return undefined;
}

type Judged =
  | { readonly name: string; readonly definition: LockFile["tools"][string] }
  | { readonly name: string; readonly reason: string };

function judge(listed: unknown): Judged {
  const named = z.object({ name: z.string() }).safeParse(listed);
  if (!named.success) return { name: "", reason: "it has no name" };
  const { name } = named.data;
  const reason = whyNotName(name);
  if (reason !== undefined) return { name, reason };
  if (!isNestedWithin(listed, nestingMax)) {
    return { name, reason: `its definition is nested deeper than ${nestingMax} levels` };
  }
  const parsed = listedTool.safeParse(listed);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      name,
      reason: `its definition is not as the protocol has it: ${issue?.path.join(".")}: ${issue?.message}`,
    };
  }
  const { name: _, ...definition } = parsed.data;
  const given = listed as Readonly<Record<string, unknown>>;
  const taken = Object.entries(definition).every(
    ([part, value]) => canonicalJson(value) === canonicalJson(given[part]),
  );
  // A name such as `__proto__` is dropped by parsers without a word: the lock would not be what the server says.
  if (!taken) return { name, reason: "its definition uses a name that can't be recorded" };
  return { name, definition: { ...definition, digest: toolDigest(name, definition) } };
}

/**
 * Makes of what a server lists the tools of a lock. Left out is what the loader would refuse, and what leaves open which
 * of two tools is meant: one bad name must not keep the others from being imported, nor get a trust by chance.
 *
 * @param listed the items of `tools` of all pages, as the server sent them
 * @param known names that the policy has already; a new tool never takes the action key of one of them
 */
export function lockableTools(listed: readonly unknown[], known: readonly string[]): LockableTools {
  const leftOut: { name: string; reason: string }[] = [];
  const usable = new Map<string, LockFile["tools"][string]>();
  const twice = new Set<string>();
  for (const judged of listed.map(judge)) {
    if ("reason" in judged) leftOut.push(judged);
    else {
      const before = usable.get(judged.name);
      if (before !== undefined && before.digest !== judged.definition.digest) twice.add(judged.name);
      usable.set(judged.name, judged.definition);
    }
  }
  for (const name of twice) {
    usable.delete(name);
    leftOut.push({ name, reason: "the server lists it twice, with two definitions" });
  }
  const sharing = new Map<string, Set<string>>();
  for (const name of [...known, ...usable.keys()]) {
    const action = toolActionKey(name);
    sharing.set(action, (sharing.get(action) ?? new Set()).add(name));
  }
  const tools: [string, LockFile["tools"][string]][] = [];
  for (const [name, definition] of usable) {
    const others = [...(sharing.get(toolActionKey(name)) ?? [])].filter((other) => other !== name);
    if (others.length === 0 || known.includes(name)) tools.push([name, definition]);
    else {
      const names = others.map((other) => JSON.stringify(other)).join(", ");
      leftOut.push({ name, reason: `it shares the action ${JSON.stringify(toolActionKey(name))} with ${names}` });
    }
  }
  return { tools: Object.fromEntries(tools), leftOut };
}
