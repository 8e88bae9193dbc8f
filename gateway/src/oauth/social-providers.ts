import type { BetterAuthOptions } from "better-auth";
import type { HostSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";

/** Not one tenant but many: anybody can make one and write any address into it. */
const sharedTenants = new Set(["common", "organizations", "consumers"]);

/**
 * The library's options of Google, GitHub or Microsoft. No offline access and no picture: nothing is asked of the
 * provider after the sign-in. Throws GatewayError IDENTITY_PROVIDER_UNAVAILABLE.
 */
export function socialProvider(
  method: "google" | "github" | "microsoft",
  signIn: HostSettings["signIn"],
  clientSecret: string,
): NonNullable<BetterAuthOptions["socialProviders"]> {
  const clientId = signIn[method]?.clientId;
  if (clientId === undefined || clientSecret === "") {
    throw new GatewayError("IDENTITY_PROVIDER_UNAVAILABLE", { detail: `${method}: client id or secret is missing` });
  }
  const client = { clientId, clientSecret, prompt: "select_account" as const };
  if (method === "google") return { google: client };
  if (method === "github") return { github: { clientId, clientSecret } };

  const tenantId = signIn.microsoft?.tenantId?.toLowerCase();
  if (tenantId === undefined || sharedTenants.has(tenantId)) {
    throw new GatewayError("IDENTITY_PROVIDER_UNAVAILABLE", { detail: "microsoft: the policy names no single tenant" });
  }
  return {
    microsoft: {
      ...client,
      tenantId,
      disableProfilePhoto: true,
      disableDefaultScope: true,
      scope: ["openid", "profile", "email"],
      mapProfileToUser: (profile: Readonly<Record<string, unknown>>) => ({
        emailVerified: ownsDomain(profile) && isOfTenant(profile, tenantId),
      }),
    },
  };
}

/**
 * An Entra `email` is whatever an admin of some tenant wrote, unless `xms_edov` says that the tenant owns the domain
 * (the attack known as nOAuth). Microsoft sends it as a boolean, a number or text.
 */
function ownsDomain({ xms_edov: verified }: Readonly<Record<string, unknown>>): boolean {
  return verified === true || verified === 1 || verified === "1" || verified === "true";
}

/** A tenant can be named by a domain of its own as well, which a token does not repeat. */
function isOfTenant({ tid, iss }: Readonly<Record<string, unknown>>, tenantId: string): boolean {
  if (typeof tid !== "string" || iss !== `https://login.microsoftonline.com/${tid}/v2.0`) return false;
  return tenantId.includes(".") || tid.toLowerCase() === tenantId;
}
