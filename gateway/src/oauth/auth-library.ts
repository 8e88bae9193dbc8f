/** better-auth behind a few functions of ours: nothing outside this folder sees its types. */
import { canonicalEmail, type SignInMethod } from "@permit-mcp-gateway/policies";
import { betterAuth, type GenericEndpointContext } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { GatewayError } from "../errors.ts";
import { assertMayUse } from "../sign-in-domains.ts";
import { type Accounts, createAccounts } from "./accounts.ts";
import { type AuthOptionsInput, allTables, authOptions, libraryPath } from "./auth-options.ts";
import { type AuthRecords, createAuthRecords } from "./auth-records.ts";
import { grantContext } from "./grant-context.ts";
import { createInitialAccounts } from "./initial-accounts.ts";
import { markedRequest } from "./recorded-request.ts";
import { type SignInAttempt, signInContext } from "./sign-in-context.ts";
import { methodOfSession, sessionMethodField } from "./sign-in-hooks.ts";
import type { SignInLog } from "./sign-in-log.ts";
import { maintainTokenKeys, tokenKeyOptions } from "./token-keys.ts";

/** Who a session cookie belongs to. */
export interface SignedIn {
  readonly userId: string;
  /** Lower case. */
  readonly email: string;
  readonly emailVerified: boolean;
  /** How they signed in. */
  readonly method: SignInMethod;
}

/** The answer to a signed authorization request that waits for consent. */
export interface ConsentAnswerInput {
  /** The signed query of the consent page, as the library made it. */
  readonly query: string;
  /** The browser's cookies. */
  readonly cookie: string;
}

export interface AuthLibrary {
  /**
   * The library's own HTTP endpoints. Throws GatewayError INTERNAL where the library fails, EMAIL_DOMAIN_FORBIDDEN at a
   * sign-in with an address of a domain that the policy does not admit.
   */
  handle(request: Request): Promise<Response>;
  /**
   * The same for an endpoint that may make a session: by this method, which its hooks hold to the policy. Throws what
   * they refused with.
   */
  signIn(method: SignInMethod, request: Request): Promise<Response>;
  /**
   * Undefined when nobody is. Throws GatewayError when the policy no longer lets in whoever signed in this way:
   * SIGN_IN_METHOD_OFF or EMAIL_DOMAIN_FORBIDDEN.
   */
  signedIn(cookie: string | undefined): Promise<SignedIn | undefined>;
  readonly accounts: Accounts;
  /**
   * Ends an authorization request with `access_denied` and returns the URL that says so to the client. Changes nothing,
   * so it is also the way to check a signed query. Undefined when the query is not ours, was changed or has expired.
   */
  deny(input: ConsentAnswerInput): Promise<string | undefined>;
  /** Issues a code bound to our grant and returns the URL that carries it. Undefined when the library refuses. */
  accept(input: ConsentAnswerInput & { readonly connectionId: string }): Promise<string | undefined>;
  readonly records: AuthRecords;
  /** Makes the next signing key when it is time, and deletes old ones. For one replica at a time. */
  maintainKeys(rotateAfterMs: number): Promise<void>;
}

/**
 * Brings the library's tables up to date, makes missing accounts, and returns it ready for use. Replicas that start
 * together wait for each other.
 */
export async function openAuthLibrary(
  input: AuthOptionsInput & {
    readonly accounts: Parameters<typeof createInitialAccounts>[1];
    readonly signInLog: SignInLog;
  },
): Promise<AuthLibrary> {
  const options = authOptions(input);
  const { directory } = input;
  const { publicUrl } = input.config;
  return input.database.exclusively("authorization-server-start", async () => {
    // Before the instance exists: on tables that are not there yet it fails in the background and ends the process.
    const migrations = await getMigrations(allTables(input));
    await migrations.runMigrations();
    const auth = betterAuth(options);
    const context = await auth.$context;
    await createInitialAccounts(context, input.accounts);
    // Makes the signing key on first use; here, so that no two replicas make one each.
    const handle = async (request: Request) => {
      try {
        return await auth.handler(request);
      } catch (cause) {
        if (cause instanceof GatewayError) throw cause;
        // A driver's error carries the query's parameters; as a cause only its message and stack are logged.
        throw new GatewayError("INTERNAL", { detail: "the authorization server's library failed", cause });
      }
    };
    await handle(new Request(`${publicUrl}${libraryPath}/jwks`));

    const answerConsent = async (accept: boolean, { query, cookie }: ConsentAnswerInput) => {
      const response = await handle(
        new Request(`${publicUrl}${libraryPath}/oauth2/consent`, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json", origin: publicUrl, cookie },
          body: JSON.stringify({ accept, oauth_query: query }),
        }),
      );
      if (!response.ok) return undefined;
      const { url } = (await response.json()) as { url?: unknown };
      return typeof url === "string" ? url : undefined;
    };
    return {
      handle,
      signIn: async (method, request) => {
        const attempt: SignInAttempt = { method, request: markedRequest(request) };
        const response = await signInContext.run(attempt, () => handle(request));
        await input.signInLog(attempt);
        if (attempt.refusal !== undefined) throw attempt.refusal;
        return response;
      },
      accounts: createAccounts(context, input.accountLog),
      signedIn: async (cookie) => {
        if (cookie === undefined) return undefined;
        const session = await auth.api.getSession({ headers: new Headers({ cookie }) });
        if (session === null) return undefined;
        const { id, email, emailVerified } = session.user;
        const method = methodOfSession((session.session as Record<string, unknown>)[sessionMethodField]);
        assertMayUse(directory.settings(), method, email);
        return { userId: id, email: canonicalEmail(email), emailVerified, method };
      },
      deny: (answer) => answerConsent(false, answer),
      accept: ({ connectionId, ...answer }) => grantContext.run({ connectionId }, () => answerConsent(true, answer)),
      records: createAuthRecords(context.adapter),
      maintainKeys: (rotateAfterMs) =>
        maintainTokenKeys({ context } as GenericEndpointContext, tokenKeyOptions(publicUrl, input.clock), {
          rotateAfterMs,
          clock: input.clock,
        }),
    };
  });
}
