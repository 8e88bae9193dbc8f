import { reaches, type TrustLevel } from "@permit-mcp-gateway/policies";
import type { HostSettings, ServerSettings } from "../deps.ts";
import { GatewayError } from "../errors.ts";

/** What a human may be asked to consent to: a server of the host on which the policy grants them something. */
export interface Grantable {
  readonly server: ServerSettings;
  readonly ceiling: TrustLevel;
}

/** The server asked for, when it exists and this human has a ceiling on it. */
export function findGrantable(
  settings: HostSettings,
  ceilings: ReadonlyMap<string, TrustLevel>,
  server: string,
): Grantable | undefined {
  const known = settings.servers.get(server);
  const ceiling = ceilings.get(server);
  return known === undefined || ceiling === undefined ? undefined : { server: known, ceiling };
}

/**
 * May this human consent to `level` on the server of the request? `chosen` is the server the page sent: it must be the
 * one the client asked for, or the human saw another question than the one that is answered. Throws GatewayError
 * CONSENT_REQUEST_INVALID, SERVER_NOT_GRANTED or CEILING_EXCEEDED.
 */
export function checkConsent(
  settings: HostSettings,
  ceilings: ReadonlyMap<string, TrustLevel>,
  asked: { readonly requested: string; readonly chosen: string; readonly level: TrustLevel },
): Grantable {
  if (asked.chosen !== asked.requested) throw new GatewayError("CONSENT_REQUEST_INVALID");
  const grantable = findGrantable(settings, ceilings, asked.requested);
  if (grantable === undefined) throw new GatewayError("SERVER_NOT_GRANTED");
  if (!reaches(grantable.ceiling, asked.level)) throw new GatewayError("CEILING_EXCEEDED");
  return grantable;
}
