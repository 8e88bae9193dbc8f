/** What the library asks before it makes a session, whatever the method. */
import { canonicalEmail, isEmail, type SignInMethod } from "@permit-mcp-gateway/policies";
import type { BetterAuthOptions } from "better-auth";
import type { HostDirectory } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import { assertMayUse } from "../sign-in-domains.ts";
import { type SignInAttempt, signInContext } from "./sign-in-context.ts";

/** Where the library keeps by which method a session came about. */
export const sessionMethodField = "signInMethod";

/** Remembers a refusal, because on its way the library may make another error of it. */
export function remember(attempt: SignInAttempt, refusal: GatewayError): void {
  attempt.refusal ??= refusal;
  // Proven and refused: that is on record as well.
  if (attempt.provenEmail !== undefined) attempt.sessionFor ??= attempt.provenEmail;
}

function refuse(attempt: SignInAttempt, error: unknown): never {
  if (error instanceof GatewayError) remember(attempt, error);
  throw error;
}

/**
 * Refuses an address that the provider does not vouch for, or that the policy does not admit. `raw` as the provider
 * wrote it: in lower case, as the library passes it on, a KELVIN SIGN would already be a "k".
 */
export function acceptProvenEmail(
  directory: HostDirectory,
  attempt: SignInAttempt,
  { raw, proven }: { readonly raw: unknown; readonly proven: boolean },
): string {
  try {
    if (!proven || typeof raw !== "string" || !isEmail(raw)) throw new GatewayError("EMAIL_NOT_PROVEN");
    const email = canonicalEmail(raw);
    attempt.provenEmail = email;
    assertMayUse(directory.settings(), attempt.method, email);
    return email;
  } catch (error) {
    return refuse(attempt, error);
  }
}

/**
 * The library's options by which no session is made but for a verified address that the policy admits by the method at
 * hand. It runs after the proof and not before it: nobody learns which addresses exist.
 */
export function signInHooks(directory: HostDirectory) {
  return {
    session: { additionalFields: { [sessionMethodField]: { type: "string", required: false, input: false } } },
    databaseHooks: {
      session: {
        create: {
          before: async (session, context) => {
            const attempt = signInContext.getStore();
            if (attempt === undefined) throw new GatewayError("SIGN_IN_METHOD_OFF");
            const user = await context?.context.internalAdapter.findUserById(session.userId);
            if (user) attempt.sessionFor = user.email;
            try {
              assertMayHaveSession(directory, attempt, user ?? undefined);
            } catch (error) {
              refuse(attempt, error);
            }
            return { data: { ...session, [sessionMethodField]: attempt.method } };
          },
        },
      },
    },
  } satisfies Pick<BetterAuthOptions, "databaseHooks" | "session">;
}

/** The option by which a social provider must vouch for the address, before an account is made, linked or used. */
export function socialProof(directory: HostDirectory): NonNullable<BetterAuthOptions["user"]> {
  return {
    validateUserInfo: async ({ user, source }) => {
      // Of the SSO plugin `resolveUser` has asked already.
      if (source.method !== "oauth") return;
      const attempt = signInContext.getStore();
      if (attempt === undefined || source.oauth?.providerId !== attempt.method) {
        throw new GatewayError("SIGN_IN_METHOD_OFF");
      }
      const raw = source.oauth.profile?.email;
      acceptProvenEmail(directory, attempt, { raw, proven: user.emailVerified === true });
    },
  };
}

function assertMayHaveSession(
  directory: HostDirectory,
  { method, provenEmail }: SignInAttempt,
  user: { readonly email: string; readonly emailVerified: boolean } | undefined,
): void {
  if (user === undefined) throw new GatewayError("NOT_SIGNED_IN");
  // An address that went to somebody else at the provider must not open what was its former owner's.
  if (provenEmail !== undefined && provenEmail !== canonicalEmail(user.email)) throw new GatewayError("EMAIL_CHANGED");
  if (!user.emailVerified) throw new GatewayError("EMAIL_UNVERIFIED");
  assertMayUse(directory.settings(), method, user.email);
}

/** The method by which a session came about. Sessions of before this was kept came about by password. */
export function methodOfSession(value: unknown): SignInMethod {
  return typeof value === "string" ? (value as SignInMethod) : "password";
}
