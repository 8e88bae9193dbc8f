/** The library's SSO plugin for the one identity provider that the policy names. */
import { queueAfterTransactionHook } from "@better-auth/core/context";
import { type SSOOptions, sso } from "@better-auth/sso";
import type { BetterAuthPlugin } from "better-auth";
import type { HostDirectory, HostSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import type { AccountLog } from "./account-log.ts";
import { libraryPath } from "./auth-options.ts";
import type { OidcProvider } from "./oidc-discovery.ts";
import { signInContext } from "./sign-in-context.ts";
import { acceptProvenEmail, remember } from "./sign-in-hooks.ts";

type ResolveUser = NonNullable<SSOOptions["resolveUser"]>;

/** How long a human may take at the identity provider. */
const requestMs = 10 * 60_000;
const clockSkewMs = 60_000;

const redirectBinding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const emailFormat = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
/** Where identity providers put the address, besides the subject. */
const emailAttributes = [
  "email",
  "mail",
  "emailAddress",
  "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
  "urn:oid:0.9.2342.19200300.100.1.3",
];

/** By what an answer leads to an account, and where one that is made for it is on record. */
export interface AccountRules {
  readonly directory: HostDirectory;
  readonly accountLog: AccountLog;
}

export function samlPlugin({
  publicUrl,
  settings,
  ...rules
}: AccountRules & {
  readonly publicUrl: string;
  readonly settings: HostSettings["signIn"]["saml"];
}): BetterAuthPlugin {
  const entityId = samlEntityId(publicUrl);
  return sso({
    providersLimit: 0,
    resolveUser: resolveBy(rules),
    saml: {
      enableInResponseToValidation: true,
      allowIdpInitiated: false,
      requestTTL: requestMs,
      clockSkew: clockSkewMs,
      requireTimestamps: true,
      algorithms: { onDeprecated: "reject" },
    },
    defaultSSO: [
      {
        domain: "",
        providerId: "saml",
        samlConfig: {
          issuer: entityId,
          audience: entityId,
          entryPoint: settings?.entryPoint ?? "",
          cert: settings?.certificate ?? "",
          wantAssertionsSigned: true,
          identifierFormat: emailFormat,
          idpMetadata: {
            entityID: settings?.issuer ?? "",
            cert: settings?.certificate ?? "",
            // Never asked: single logout is off. Without it the library writes to the console at each sign-in.
            singleLogoutService: [{ Binding: redirectBinding, Location: settings?.entryPoint ?? "" }],
          },
        },
      },
    ],
  }) as BetterAuthPlugin;
}

/** What this gateway is called at a SAML identity provider: the address of its metadata. */
export function samlEntityId(publicUrl: string): string {
  return `${publicUrl}${libraryPath}/sso/saml2/sp/metadata`;
}

export function oidcPlugin({
  provider,
  clientId,
  clientSecret,
  ...rules
}: AccountRules & {
  readonly provider: OidcProvider;
  readonly clientId: string;
  readonly clientSecret: string;
}): BetterAuthPlugin {
  return sso({
    providersLimit: 0,
    resolveUser: resolveBy(rules),
    defaultSSO: [
      {
        domain: "",
        providerId: "oidc",
        oidcConfig: {
          issuer: provider.issuer,
          discoveryEndpoint: provider.discoveryUrl,
          authorizationEndpoint: provider.authorizationEndpoint,
          tokenEndpoint: provider.tokenEndpoint,
          jwksEndpoint: provider.jwksUri,
          ...(provider.userinfoEndpoint === undefined ? {} : { userInfoEndpoint: provider.userinfoEndpoint }),
          tokenEndpointAuthentication: provider.tokenAuthentication,
          clientId,
          clientSecret,
          pkce: true,
          scopes: ["openid", "email", "profile"],
        },
      },
    ],
  }) as BetterAuthPlugin;
}

/**
 * The account of a verified answer: that of its proven address, made when there is none. Who was linked to another
 * account before is refused, because the address has changed hands at one of the two sides.
 */
function resolveBy({ directory, accountLog }: AccountRules): ResolveUser {
  return async (input, { database }) => {
    const attempt = signInContext.getStore();
    if (attempt?.method !== input.protocol) return { action: "reject", code: "SIGN_IN_METHOD_OFF" };
    try {
      const email = acceptProvenEmail(directory, attempt, addressIn(input));
      const user = await database.findOne<{ id: string; emailVerified: boolean }>({
        model: "user",
        where: [{ field: "email", value: email }],
      });
      const linked = await database.findOne<{ userId: string }>({
        model: "account",
        where: [
          { field: "providerId", value: input.providerId },
          { field: "accountId", value: input.accountKey.accountId },
        ],
      });
      if (linked !== null && linked.userId !== user?.id) throw new GatewayError("EMAIL_CHANGED");
      // Nobody has proven it: what hangs on it is not the human's who has now.
      if (user?.emailVerified === false) throw new GatewayError("EMAIL_UNVERIFIED");
      if (user !== null) return { action: "link", userId: user.id, profile: "preserve" };
      const now = new Date();
      const made = await database.create<Record<string, unknown>, { id: string }>({
        model: "user",
        data: { email, name: email, emailVerified: true, createdAt: now, updatedAt: now },
      });
      // Made past the library's own hooks. Only when it stays: what is refused after this is rolled back.
      await queueAfterTransactionHook(async () =>
        accountLog.changed("ACCOUNT_CREATED", { human: email, request: attempt.request }),
      );
      return { action: "link", userId: made.id, profile: "preserve" };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      remember(attempt, error);
      return { action: "reject", code: error.code };
    }
  };
}

/** The address, and whether the provider vouches for it. */
function addressIn(input: Parameters<ResolveUser>[0]): { readonly raw: unknown; readonly proven: boolean } {
  if (input.protocol === "oidc") {
    const { email, email_verified: verified } = input.providerClaims;
    return { raw: email, proven: verified === true };
  }
  // SAML has no word for it: an address in an assertion that the policy's own identity provider has signed is vouched
  // for, unless it says otherwise.
  const { providerAttributes: attributes, accountKey } = input;
  const named = emailAttributes.map((name) => attributes[name]).find((value) => value !== undefined);
  const values = named === undefined ? [accountKey.accountId] : [named].flat();
  const { email_verified: verified } = attributes;
  return { raw: values.length === 1 ? values[0] : undefined, proven: verified === undefined || verified === "true" };
}
