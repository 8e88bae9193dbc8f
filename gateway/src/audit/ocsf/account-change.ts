/** What changes of humans' accounts, as Account Change (3001), and back. */
import { z } from "zod";
import { type AccountChange, type AccountRecord, accountChanges, type ChainLink } from "../../deps/audit-records.ts";
import { type Activity, activities } from "./activities.ts";
import { envelope } from "./envelope.ts";
import type { OcsfEvent } from "./ocsf-event.ts";
import { requester, requesterSchema, userOf } from "./requester.ts";

const steps: Readonly<Record<AccountChange, Activity>> = {
  created: activities.createAccount,
  password_changed: activities.changePassword,
  passkey_added: activities.enableFactor,
  passkey_removed: activities.disableFactor,
  upstream_connected: activities.connectUpstream,
  upstream_disconnected: activities.disconnectUpstream,
};

/** Code of the record of a password that was chosen without the one before. */
const resetCode = "PASSWORD_RESET";

/** `factor_type_id` of WebAuthn. */
const webAuthn = 10;

/** The account is another. Without a request the deployment has made it, and no user is the actor. */
export function accountEvent(record: AccountRecord, link: ChainLink): OcsfEvent {
  const { human, change, code, requestId } = record;
  const user = userOf(human);
  const reset = change === "password_changed" && code === resetCode;
  const passkey = change === "passkey_added" || change === "passkey_removed";
  return {
    ...envelope(record, link, reset ? activities.resetPassword : steps[change]),
    actor: requestId === null ? undefined : { user },
    user,
    auth_factors: passkey ? [{ factor_type_id: webAuthn }] : undefined,
    ...requester(record),
    unmapped: {
      change,
      server: record.server ?? undefined,
      trace_id: record.traceId,
      replica: link.replica,
      chain: link.chain,
      previous: link.previous,
    },
  };
}

const accountSchema = z.object({
  user: z.object({ name: z.string() }),
  ...requesterSchema,
  http_request: requesterSchema.http_request.optional(),
  unmapped: z.object({
    change: z.enum(accountChanges),
    server: z.string().optional(),
    trace_id: z.string().optional(),
  }),
});

/** All of the record that is not of every event. Throws ZodError. */
export function readAccount(event: unknown) {
  const { user, http_request, src_endpoint, unmapped } = accountSchema.parse(event);
  return {
    human: user.name,
    requestId: http_request?.uid ?? null,
    clientAddress: src_endpoint?.ip,
    traceId: unmapped.trace_id,
    change: unmapped.change,
    server: unmapped.server ?? null,
  };
}
