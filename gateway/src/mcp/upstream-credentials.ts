import type { Grant } from "../deps/grants.ts";
import type { ServerSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import type { McpDeps } from "./exchange.ts";
import { isPlainHeaderValue } from "./header-value.ts";

/**
 * The headers by which the server knows the gateway and the human behind the request, beside a token of the human's own:
 * `X-Gateway-Auth` to every server of the policy, and the secret that all humans share where the policy has one. The policy says where the secret
 * goes, and no other server gets it. Throws GatewayError SECRET_UNAVAILABLE.
 */
export async function upstreamCredentials(
  { server, grant }: { readonly server: ServerSettings; readonly grant: Pick<Grant, "email"> },
  { assertions, secrets }: Pick<McpDeps, "assertions" | "secrets">,
): Promise<Record<string, string>> {
  // A program reads no headers.
  if (server.transport.type === "stdio") return {};
  // Nobody has reviewed the server, so nothing says for which human it is. It could also be a server of the policy under
  // another name, which would take the assertion for a call that the policy's own rules have let pass.
  if (server.enteredBy !== undefined) return {};
  const assertion = await assertions.assert(grant.email, server.upstreamUrl);
  const credentials = { "x-gateway-auth": `Bearer ${assertion}` };
  if (server.auth.type !== "header") return credentials;
  const { header, scheme, value } = server.auth;
  const secret = await secrets.read(value.secret);
  const text = scheme === undefined ? secret : `${scheme} ${secret}`;
  // A line break in it would be a header of its own.
  if (!isPlainHeaderValue(text)) {
    throw new GatewayError("SECRET_UNAVAILABLE", { detail: `the secret ${value.secret} can't be sent in a header` });
  }
  return { ...credentials, [header.toLowerCase()]: text };
}
