/** How humans sign in: the methods of a host and the domains that each admits. */
import { z } from "zod";
import { domain, line, secretName, webUrl } from "./fields.ts";

const domains = z
  .array(domain.describe("A domain, in lower case."))
  .optional()
  .describe(
    "Domains of the e-mail addresses that may use this method; both this list and `signIn.domains` must have the " +
      "domain. Left out: no further limit.",
  );
const enabled = (method: string) =>
  z.boolean().default(false).describe(`\`true\` to let humans sign in with ${method}.`);
const clientId = z.string().min(1).max(512).optional();
const clientSecret = secretName.optional();
const forceRedirectDomains = z
  .array(domain.describe("A domain, in lower case."))
  .default([])
  .describe("Domains whose humans are sent to this identity provider at once; the sign-in page is the fallback.");

const social = (name: string) => ({
  enabled: enabled(name),
  clientId: clientId.describe(`Client id of the OAuth application at ${name}. Needed when the method is on.`),
  clientSecret: clientSecret.describe(`Its client secret. Needed when the method is on.`),
  domains,
});

/** The part `signIn` of `host.yaml`. */
export const signInSchema = z.strictObject({
  domains: z
    .array(domain.describe("A domain, in lower case."))
    .optional()
    .describe("Domains of the e-mail addresses that may sign in at all. Left out: all domains."),
  password: z
    .strictObject({
      enabled: z.boolean().default(true).describe("`true` to let humans sign in with e-mail and password."),
      domains,
    })
    .default({ enabled: true })
    .describe("Sign-in with e-mail and password. On unless it is switched off."),
  otp: z
    .strictObject({ enabled: enabled("a code sent by e-mail"), domains })
    .optional()
    .describe("Sign-in with a code of 6 digits that is sent by e-mail and is good for 5 minutes."),
  passkey: z
    .strictObject({ enabled: enabled("a passkey"), domains })
    .optional()
    .describe("Sign-in with a passkey."),
  google: z.strictObject(social("Google")).optional().describe("Sign-in with a Google account."),
  github: z.strictObject(social("GitHub")).optional().describe("Sign-in with a GitHub account."),
  microsoft: z
    .strictObject({
      ...social("Microsoft"),
      tenantId: z
        .string()
        .regex(/^[A-Za-z0-9.-]{1,253}$/, "Not a tenant: its id or one of its domains")
        .optional()
        .describe("The Microsoft Entra tenant whose accounts may sign in. Needed when the method is on."),
    })
    .optional()
    .describe("Sign-in with a Microsoft account."),
  saml: z
    .strictObject({
      enabled: enabled("SAML 2.0"),
      entryPoint: webUrl.optional().describe("URL of the identity provider's sign-on service. Needed when it is on."),
      issuer: line(512).optional().describe("Entity id of the identity provider. Needed when it is on."),
      certificate: z
        .string()
        .optional()
        .describe(
          "The identity provider's signing certificate, PEM. Needed when it is on. Public, so it may stand here.",
        ),
      domains,
      forceRedirectDomains,
    })
    .optional()
    .describe("Sign-in at a SAML 2.0 identity provider, started by the gateway only."),
  oidc: z
    .strictObject({
      enabled: enabled("OpenID Connect"),
      issuer: webUrl.optional().describe("Issuer of the OpenID provider. Needed when it is on."),
      clientId: clientId.describe("Client id at the OpenID provider. Needed when it is on."),
      clientSecret: clientSecret.describe("Its client secret. Needed when it is on."),
      domains,
      forceRedirectDomains,
    })
    .optional()
    .describe("Sign-in at an OpenID provider."),
});

export type SignIn = z.infer<typeof signInSchema>;
/** A way to sign in. */
export type SignInMethod = Exclude<keyof SignIn, "domains">;

/** The methods in the order in which a sign-in page shows them. */
export const signInMethods = [
  "passkey",
  "google",
  "github",
  "microsoft",
  "saml",
  "oidc",
  "password",
  "otp",
] as const satisfies readonly SignInMethod[];
