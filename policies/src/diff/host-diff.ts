/**
 * The difference of two policies as plain data. Everything that differs stands under `before` and `after`, so that the
 * difference the other way round is the same data with the two exchanged. Lists are sorted by their keys.
 */

import type { ToolDefinition } from "../lock.ts";
import type { ApprovalRule, Day, HostModel } from "../model.ts";
import type { ArgumentLevel } from "../schema/audit.ts";
import type { RateLimit } from "../schema/fields.ts";
import type { TrustLevel } from "../trust.ts";

/** What was and what is; null: there is none. */
export interface Change<T> {
  readonly before: T | null;
  readonly after: T | null;
}

/** Humans to whom the same happens. */
export interface People {
  /** E-mail addresses, all of them. */
  readonly humans: readonly string[];
  /** Groups all of whose members are among them, the largest first. */
  readonly groups: readonly { readonly name: string; readonly members: number }[];
  /** Those whom no such group covers. */
  readonly others: readonly string[];
}

/** How a human's agents may call a tool. */
export interface CallTerms {
  /** The lowest consent with which a call is allowed. */
  readonly consent: TrustLevel;
  /** True when the call waits for an approval, the agents on the bypass list aside. */
  readonly approval: boolean;
}

/** What changes of the calls of one tool. */
export interface ToolAccess extends Change<CallTerms> {
  readonly tool: string;
  /** The tool's own trust; null where the policy does not have the tool. */
  readonly trust: Change<TrustLevel>;
}

/** Humans whose agents' calls to a server change on the day of the difference. */
export interface AccessChange extends Change<TrustLevel> {
  readonly server: string;
  readonly people: People;
  /** Sorted by name; never empty. `before` and `after` beside it are the ceilings. */
  readonly tools: readonly ToolAccess[];
}

/** One grant, as `GrantModel` has it. */
export interface GrantTerms {
  readonly ceiling: TrustLevel;
  /** Last day; null: no end. */
  readonly until: Day | null;
  readonly consentDays: number | null;
}

/** Humans whose grants on a server change, today or on a later day. */
export interface GrantChange {
  readonly server: string;
  readonly people: People;
  /** The grants that have not ended, the highest ceiling first: the first that holds on a day is the ceiling of the day. */
  readonly before: readonly GrantTerms[];
  readonly after: readonly GrantTerms[];
}

/** What the policy says of a tool. */
export interface ToolTerms {
  readonly trust: TrustLevel;
  readonly enabled: boolean;
  /** Which lines make its calls wait; empty: none does. */
  readonly approval: readonly ApprovalRule["scope"][];
  /** How long a call of it may take, in seconds; null: as the server says. */
  readonly timeoutSeconds: number | null;
  /** How often one agent may call it; null: no limit of its own. */
  readonly rateLimit: RateLimit | null;
  /** What it says itself of the audit of its calls; `arguments` is null where the server or the host says it. */
  readonly audit: { readonly arguments: ArgumentLevel | null; readonly redact: readonly string[] };
}

/** A tool that is new, gone or different. */
export interface ToolChange extends Change<ToolTerms> {
  readonly server: string;
  readonly tool: string;
  /** What the server says of it, by the lock files; null when that is the same. */
  readonly definition: Change<ToolDefinition> | null;
  /** What is recorded of the arguments of its calls, whichever of tool, server and host says so. */
  readonly recorded: Change<ArgumentLevel>;
}

/** A server that is new or gone. */
export interface ServerChange extends Change<Pick<HostModel["servers"][number], "name" | "url">> {
  readonly server: string;
}

/**
 * What a change of a setting means: it admits or permits more, or less, or both or something else (`differs`: it counts
 * as more), or it has nothing to do with security.
 */
export type Effect = "loosens" | "tightens" | "differs" | "neutral";

/** A field of the host or of a server that is in both policies. */
export interface SettingChange extends Change<unknown> {
  /** Null: a setting of the host. */
  readonly server: string | null;
  /** Path of the field as in the files, for example `sessions.idleDays`. */
  readonly setting: string;
  readonly effect: Effect;
}

/** What differs of one host. */
export interface HostDiff {
  readonly host: string;
  /** Whether the policies have the host: false before, it is new; false after, it is gone. */
  readonly present: { readonly before: boolean; readonly after: boolean };
  readonly access: readonly AccessChange[];
  readonly grants: readonly GrantChange[];
  readonly tools: readonly ToolChange[];
  readonly servers: readonly ServerChange[];
  readonly settings: readonly SettingChange[];
}

/** What differs of policies on a day, for each host that one of them has. Sorted by host. */
export interface PolicyDiff {
  readonly on: Day;
  readonly hosts: readonly HostDiff[];
}

/** True when nothing differs. */
export function isSame({ present, access, grants, tools, servers, settings }: HostDiff): boolean {
  const lists = [access, grants, tools, servers, settings];
  return present.before === present.after && lists.every((list) => list.length === 0);
}
