/** Audit records of what humans, and others, do with their accounts. One constructor for each event. */
import type { AccountRecord, RecordedRequest, SignInRecord } from "../deps/audit-records.ts";
import { knownAddress } from "./record.ts";
import { uuidV7 } from "./uuid-v7.ts";

/** Whose account it is. */
export interface AccountSubject {
  readonly host: string;
  readonly now: Date;
  readonly human: string;
  /** Undefined: no request was the cause. */
  readonly request: RecordedRequest | undefined;
}

const common = ({ host, now, human, request }: AccountSubject) => ({
  ...{ id: uuidV7(now), time: now.toISOString(), host, human },
  ...knownAddress(request?.clientAddress),
});

/** A session is over before its time. */
export function signOutRecord(
  subject: AccountSubject & { readonly request: RecordedRequest },
  { code, reason }: Pick<SignInRecord, "code" | "reason">,
): SignInRecord {
  const { requestId } = subject.request;
  return { ...common(subject), requestId, event: "sign_out", method: null, decision: "allow", code, reason };
}

/** An account, or what opens it, is another. */
export function accountRecord(
  subject: AccountSubject & Pick<AccountRecord, "change" | "server">,
  { code, reason }: Pick<AccountRecord, "code" | "reason">,
): AccountRecord {
  const { change, server, request } = subject;
  const requestId = request?.requestId ?? null;
  return { ...common(subject), requestId, event: "account_changed", change, server, decision: "allow", code, reason };
}
