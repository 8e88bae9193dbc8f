import { type DefinitionChange, definitionDiff } from "./definition-diff.ts";
import type { LockFile } from "./lock.ts";
import { proposeTrust, type TrustProposal } from "./propose-trust.ts";
import { trustRank } from "./trust.ts";

/** A tool that is not as its lock has it. */
export interface ToolDrift {
  readonly name: string;
  readonly kind: "new" | "gone" | "changed";
  /** What is another; empty unless it is changed. */
  readonly changes: readonly DefinitionChange[];
  /** What would be proposed now; undefined for a changed tool of which no more would be than before. */
  readonly proposal: TrustProposal | undefined;
}

/** How the tools of a server differ from those of its lock, sorted by name. Empty when all digests are equal. */
export function lockDiff(locked: LockFile["tools"], now: LockFile["tools"]): readonly ToolDrift[] {
  const names = [...new Set([...Object.keys(locked), ...Object.keys(now)])].toSorted((a, b) => (a < b ? -1 : 1));
  return names.flatMap((name): ToolDrift[] => {
    const before = Object.hasOwn(locked, name) ? locked[name] : undefined;
    const after = Object.hasOwn(now, name) ? now[name] : undefined;
    if (after === undefined) return [{ name, kind: "gone", changes: [], proposal: undefined }];
    const proposal = proposeTrust(name, after.annotations);
    if (before === undefined) return [{ name, kind: "new", changes: [], proposal }];
    if (before.digest === after.digest) return [];
    const raised = trustRank(proposal.trust) > trustRank(proposeTrust(name, before.annotations).trust);
    const changes = definitionDiff(before, after);
    return [{ name, kind: "changed", changes, proposal: raised ? proposal : undefined }];
  });
}
