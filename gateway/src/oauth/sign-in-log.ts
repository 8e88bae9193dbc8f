import { canonicalEmail } from "@permit-mcp-gateway/policies";
import { signInRecord } from "../audit/record.ts";
import type { AuditSink } from "../deps/audit.ts";
import type { Clock } from "../deps/process.ts";
import type { SignInAttempt } from "./sign-in-context.ts";

/** Puts on record what became of a sign-in. Throws GatewayError AUDIT_UNAVAILABLE: then nobody gets the session. */
export type SignInLog = (attempt: SignInAttempt) => Promise<void>;

/**
 * Only attempts whose human has proven who they are: what is typed into a form before that may be anything, a password in
 * the wrong field included. Wrong passwords and codes are in the log of the application; when there are too many for an
 * account, that is on record as well (`sign-in/guess-log.ts`).
 */
export function createSignInLog({
  audit,
  hostKey,
  clock,
}: {
  readonly audit: AuditSink;
  readonly hostKey: string;
  readonly clock: Clock;
}): SignInLog {
  return async ({ method, request, sessionFor, refusal }) => {
    if (sessionFor === undefined) return;
    const subject = { ...request, host: hostKey, now: clock(), method };
    const outcome =
      refusal === undefined
        ? ({ decision: "allow", code: "SIGNED_IN", reason: "The human signed in." } as const)
        : ({ decision: "deny", code: refusal.code, reason: refusal.sentence } as const);
    await audit.write(signInRecord({ ...subject, human: canonicalEmail(sessionFor) }, outcome));
  };
}
