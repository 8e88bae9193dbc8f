import { z } from "zod";
import { GatewayError } from "../errors.ts";

const timeoutMs = 5_000;

/** An OpenID provider's endpoints, as it publishes them (OpenID Connect Discovery 1.0 section 3). */
const documentSchema = z.object({
  issuer: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  userinfo_endpoint: z.url().optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).default(["client_secret_basic"]),
});

export interface OidcProvider {
  readonly issuer: string;
  readonly discoveryUrl: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly userinfoEndpoint: string | undefined;
  readonly tokenAuthentication: "client_secret_basic" | "client_secret_post";
}

/** Reads what the provider says of itself. Throws GatewayError IDENTITY_PROVIDER_UNAVAILABLE. */
export async function discoverProvider(issuer: string): Promise<OidcProvider> {
  const discoveryUrl = `${withoutSlash(issuer)}/.well-known/openid-configuration`;
  try {
    const response = await fetch(discoveryUrl, { redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const document = documentSchema.parse(await response.json());
    // Section 4.3: another issuer's document would have its users signed in here.
    if (withoutSlash(document.issuer) !== withoutSlash(issuer)) throw new Error("it names another issuer");
    const methods = document.token_endpoint_auth_methods_supported;
    return {
      issuer: document.issuer,
      discoveryUrl,
      authorizationEndpoint: document.authorization_endpoint,
      tokenEndpoint: document.token_endpoint,
      jwksUri: document.jwks_uri,
      userinfoEndpoint: document.userinfo_endpoint,
      tokenAuthentication: methods.includes("client_secret_basic") ? "client_secret_basic" : "client_secret_post",
    };
  } catch (cause) {
    throw new GatewayError("IDENTITY_PROVIDER_UNAVAILABLE", { detail: `${discoveryUrl} can't be read`, cause });
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
