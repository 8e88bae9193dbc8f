/** What changes are called: by `--fail-on`, and in sentences made of counts only, which need no escaping. */

/** Kinds of changes that `--fail-on` knows, and what each means. */
export const findingKinds = {
  "destructive-gain": "somebody's agents can call a tool of trust `high` that they could not, today or later",
  "approval-drop": "calls that waited for an approval don't, or approvals are easier to get",
  "sign-in-weakened": "more people can sign in, or another party vouches for them",
  "role-gain": "somebody becomes an admin, approver or auditor",
  gain: "somebody's agents can call a tool that they could not, or with a lower consent, today or later",
  "server-change": "a server is new or gone, or its URL or the gateway's sign-in there differs",
  "tool-change": "a tool is new or gone, has another trust, is on or off, or its definition differs",
  disclosure: "audit records hold more of what calls say: their arguments, or parts that were redacted",
  weakened: "another setting permits more: longer sessions, higher rate limits, less audit",
  loss: "somebody's agents can't call a tool that they could",
  any: "anything differs",
} as const;

export type FindingKind = keyof typeof findingKinds;

/** One sentence without its full stop, and what it counts as. */
export interface Finding {
  readonly kinds: readonly FindingKind[];
  readonly text: string;
}

/** `1 tool`, `2 tools` */
export const counted = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
/** `1 person`, `2 people` */
export const people = (number: number) => counted(number, "person", "people");
