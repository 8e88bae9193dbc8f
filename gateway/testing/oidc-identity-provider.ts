/** A real OpenID provider (`oidc-provider`) for tests, at which whoever comes is signed in as the test says. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

export interface OidcIdentityProvider {
  readonly issuer: string;
  readonly clientSecret: string;
  /** Who comes next: subject and claims. Undefined: they refuse. */
  human: ({ readonly sub: string } & Readonly<Record<string, unknown>>) | undefined;
  /** Parameters of the authorization requests that came. */
  readonly requests: URLSearchParams[];
  close(): Promise<void>;
}

/** `publicUrl` is asked for once it is known: the gateway is told the issuer when it starts. */
export async function startOidcIdentityProvider(publicUrl: string): Promise<OidcIdentityProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientSecret = randomBytes(24).toString("base64url");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig", kid: "key-1" };
  const claimsOf = new Map<string, Readonly<Record<string, unknown>>>();

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "gateway",
        client_secret: clientSecret,
        redirect_uris: [`${publicUrl}/api/auth/sso/callback/oidc`],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_context, sub) => ({ accountId: sub, claims: async () => ({ sub, ...claimsOf.get(sub) }) }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    jwks: { keys: [jwk] },
    // Said out loud, or it says on standard output that it was not.
    ttl: { AccessToken: 300, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
  });
  const idp: OidcIdentityProvider = {
    issuer,
    clientSecret,
    human: undefined,
    requests: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const handle = provider.callback();
  server.on("request", (request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    if (url.pathname === "/auth") idp.requests.push(url.searchParams);
    if (!url.pathname.startsWith("/interaction/")) return void handle(request, response);
    const answer = async () => {
      const { human } = idp;
      const { params } = await provider.interactionDetails(request, response);
      if (human === undefined) return provider.interactionFinished(request, response, { error: "access_denied" });
      const { sub, ...claims } = human;
      claimsOf.set(sub, claims);
      const grant = new provider.Grant({ accountId: sub, clientId: String(params.client_id) });
      grant.addOIDCScope("openid email profile");
      const result = { login: { accountId: sub, remember: false }, consent: { grantId: await grant.save() } };
      return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    };
    answer().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  return idp;
}
