import { canonicalEmail } from "@permit-mcp-gateway/policies";
import { accountRecord, signOutRecord } from "../audit/account-record.ts";
import { signInRecord } from "../audit/record.ts";
import type { AuditSink } from "../deps/audit.ts";
import type { AccountRecord, RecordedRequest } from "../deps/audit-records.ts";
import type { Clock } from "../deps/process.ts";

/** What can become of an account, by its code. */
const changes = {
  ACCOUNT_CREATED: ["created", "The account was created."],
  PASSWORD_CHOSEN: ["password_changed", "The human chose a first password."],
  PASSWORD_CHANGED: ["password_changed", "The human changed the password."],
  PASSWORD_RESET: ["password_changed", "The human chose another password by mail."],
  PASSKEY_ADDED: ["passkey_added", "The human added a passkey."],
  PASSKEY_REMOVED: ["passkey_removed", "The human removed a passkey."],
  UPSTREAM_CONNECTED: ["upstream_connected", "The human connected an account at the server."],
  UPSTREAM_DISCONNECTED: ["upstream_disconnected", "The human's account at the server was disconnected."],
} as const satisfies Record<string, readonly [AccountRecord["change"], string]>;

/** Why a session is over before its time. */
export const signOuts = {
  SIGNED_OUT: "The human ended the session.",
  PASSWORD_CHANGED: "The human has a new password, which ends the sessions before it.",
  SESSION_REVOKED: "The authorization server ended the session.",
} as const;

/** Whose account, and in which request; undefined where none was the cause. */
export interface AccountFact<Asked extends RecordedRequest | undefined = RecordedRequest> {
  readonly human: string;
  readonly request: Asked;
}

/** What humans did with their accounts. It has happened, so nobody waits for the record, and none of this throws. */
export interface AccountLog {
  changed(
    code: keyof typeof changes,
    fact: AccountFact<RecordedRequest | undefined> & { readonly server?: string },
  ): void;
  /** One session is over. */
  signedOut(code: keyof typeof signOuts, fact: AccountFact): void;
  /** Somebody has guessed at a secret of this account as often as is let through. */
  guessedAt(method: "password" | "otp", fact: AccountFact): void;
}

export function createAccountLog({
  audit,
  hostKey,
  clock,
}: {
  readonly audit: Pick<AuditSink, "note">;
  readonly hostKey: string;
  readonly clock: Clock;
}): AccountLog {
  const about = (human: string) => ({ host: hostKey, now: clock(), human: canonicalEmail(human) });
  return {
    changed: (code, { human, request, server = null }) => {
      const [change, reason] = changes[code];
      audit.note(accountRecord({ ...about(human), request, change, server }, { code, reason }));
    },
    signedOut: (code, { human, request }) =>
      audit.note(signOutRecord({ ...about(human), request }, { code, reason: signOuts[code] })),
    guessedAt: (method, { human, request }) =>
      audit.note(
        signInRecord(
          { ...about(human), ...request, method },
          {
            decision: "deny",
            code: "SIGN_IN_PAUSED",
            reason: "Somebody guessed at a secret of the account too often, so more attempts are refused for a while.",
          },
        ),
      ),
  };
}
