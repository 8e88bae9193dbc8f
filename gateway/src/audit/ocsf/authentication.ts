/** Sign-in and sign-out, as Authentication (3002), and back. */
import { type SignInMethod, signInMethods } from "@permit-mcp-gateway/policies";
import { z } from "zod";
import type { ChainLink, SignInRecord } from "../../deps/audit-records.ts";
import { activities } from "./activities.ts";
import { envelope } from "./envelope.ts";
import { type OcsfEvent, product } from "./ocsf-event.ts";
import { readRequester, requester, requesterSchema, userOf } from "./requester.ts";

const service = Object.freeze({ name: product.name });

/** The protocols of `auth_protocol_id`; what the schema has none for is "Other", by its name. */
const protocols: Readonly<Record<SignInMethod, number>> = {
  google: 4,
  microsoft: 4,
  oidc: 4,
  saml: 5,
  github: 6,
  passkey: 99,
  password: 99,
  otp: 99,
};

/** Code of a record of guesses at an account: who made them is not known, so the event has no actor. */
const guessedCode = "SIGN_IN_PAUSED";

/** A sign-in, or the end of a session. */
export function signInEvent(record: SignInRecord, link: ChainLink): OcsfEvent {
  const { human, method, code } = record;
  const protocol = method === null ? undefined : protocols[method];
  const user = userOf(human);
  return {
    ...envelope(record, link, record.event === "sign_in" ? activities.logon : activities.logoff),
    actor: code === guessedCode ? undefined : { user },
    user,
    service,
    is_remote: true,
    auth_protocol_id: protocol,
    auth_protocol: protocol === 99 ? method : undefined,
    ...requester(record),
    unmapped: {
      sign_in_method: method ?? undefined,
      trace_id: record.traceId,
      replica: link.replica,
      chain: link.chain,
      previous: link.previous,
    },
  };
}

const signInSchema = z.object({
  user: z.object({ name: z.string() }),
  ...requesterSchema,
  unmapped: z.object({ sign_in_method: z.enum(signInMethods).optional(), trace_id: z.string().optional() }),
});

/** All of the record that is not of every event. Throws ZodError. */
export function readSignIn(event: unknown) {
  const { user, unmapped, ...rest } = signInSchema.parse(event);
  return {
    human: user.name,
    ...readRequester(rest),
    traceId: unmapped.trace_id,
    method: unmapped.sign_in_method ?? null,
  };
}
