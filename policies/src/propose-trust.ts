import { type TrustLevel, trustRank } from "./trust.ts";

/** What trust a tool that was imported should have, before somebody reviews it. */
export interface TrustProposal {
  readonly trust: TrustLevel;
  /**
   * Why it is not lower, in words of ours only: text of a server never becomes a part of them, so that they can stand
   * in a comment.
   */
  readonly reason: string;
}

const wordsOf: Readonly<Record<Exclude<TrustLevel, "low">, ReadonlySet<string>>> = {
  high: new Set(["delete", "remove", "destroy", "drop", "purge", "erase", "truncate", "terminate", "kill", "revoke"]),
  medium: new Set([
    ...["create", "write", "update", "set", "modify", "edit", "put", "post", "insert", "add", "send", "execute"],
    ...["run", "invoke", "submit", "push", "publish", "deploy", "apply", "patch"],
  ]),
};

/** The words of a tool name: `deleteIssue`, `delete_issue`, `issues.delete` and `HTTPDelete` all have "delete". */
export function nameWords(name: string): readonly string[] {
  // Compatibility forms such as full-width letters are the same letters to a reader.
  const plain = name.normalize("NFKC");
  const parts = plain.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
  // Runs of letters too, so that a capital in the middle ("dELETE") hides nothing.
  const runs = plain.match(/[A-Za-z]+/g) ?? [];
  return [...new Set([...parts, ...runs].map((word) => word.toLowerCase()))];
}

function byName(name: string): TrustProposal {
  // A word that can't be read may be any word, and some letters look like those of others.
  if (/[^\p{ASCII}]/u.test(name.normalize("NFKC"))) {
    return { trust: "high", reason: "the name has other characters than ASCII, which may look like others" };
  }
  const words = nameWords(name);
  for (const trust of ["high", "medium"] as const) {
    const word = words.find((candidate) => wordsOf[trust].has(candidate));
    if (word !== undefined) return { trust, reason: `the name says "${word}"` };
  }
  return { trust: "low", reason: "no word of the name says that it writes" };
}

/**
 * What the annotations say against the tool. A default is no statement: by the MCP specification (ToolAnnotations) a
 * tool that says nothing is destructive, and with that almost every tool would be high. `destructiveHint` has a meaning
 * only where `readOnlyHint` is false; a tool that says both contradicts itself and is taken at its worst word.
 */
function byAnnotations(annotations: Readonly<Record<string, unknown>>): TrustProposal | undefined {
  if (annotations.destructiveHint === true) return { trust: "high", reason: "destructiveHint is true" };
  if (annotations.readOnlyHint === false) return { trust: "medium", reason: "readOnlyHint is false" };
  return undefined;
}

/**
 * Proposes a trust by the words of the name; annotations may raise it and never lower it, because a server that means
 * harm annotates its tools as harmless. Pure, and only a proposal: what the policy file says is what holds.
 */
export function proposeTrust(name: string, annotations: Readonly<Record<string, unknown>> = {}): TrustProposal {
  const named = byName(name);
  const annotated = byAnnotations(annotations);
  return annotated !== undefined && trustRank(annotated.trust) > trustRank(named.trust) ? annotated : named;
}

const readingWords: ReadonlySet<string> = new Set([
  ...["get", "list", "read", "search", "find", "fetch", "show", "view", "describe", "count", "lookup"],
]);

/**
 * The trust of a tool that nobody but its human will look at: low only where a word of the name says that it reads, and
 * none says that it writes. A name that says neither may do anything.
 */
export function proposeUnreviewedTrust(
  name: string,
  annotations: Readonly<Record<string, unknown>> = {},
): TrustProposal {
  const proposed = proposeTrust(name, annotations);
  if (proposed.trust !== "low" || nameWords(name).some((word) => readingWords.has(word))) return proposed;
  return { trust: "high", reason: "no word of the name says what it does" };
}
