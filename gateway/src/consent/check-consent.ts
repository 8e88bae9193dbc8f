import { effectiveTrust, permitServerOf, reaches, type TrustLevel } from "@permit-mcp-gateway/policies";
import type { HostSettings, ServerSettings } from "../deps/host-settings.ts";
import { GatewayError } from "../errors.ts";
import { assertSupported } from "../features.ts";
import { assertServerUrl, labelOf } from "../server-url.ts";
import { grantTermAt } from "./grant-term.ts";

/** What a human may be asked to consent to: a server of the host on which the policy grants them something. */
export interface Grantable {
  readonly server: ServerSettings;
  readonly ceiling: TrustLevel;
}

/** Who consents, and when. */
export interface Consenter {
  readonly email: string;
  /** Server key -> ceiling, as Permit has them now. */
  readonly ceilings: ReadonlyMap<string, TrustLevel>;
  readonly now: Date;
}

/**
 * The server asked for, with what this human may consent to at most. Throws GatewayError SERVER_NOT_GRANTED,
 * GRANT_ENDED or POLICY_UNSUPPORTED.
 */
export function findGrantable(
  settings: HostSettings,
  { email, ceilings, now }: Consenter,
  requested: string,
): Grantable {
  assertSupported("The policy of this host", settings);
  const server = settings.servers.get(requested);
  if (server === undefined) throw new GatewayError("SERVER_NOT_GRANTED");
  // Before the ceiling, of which Permit may have none any more: who had a grant is told that it ended.
  const term = grantTermAt(server, email, now);
  const ceiling = ceilings.get(permitServerOf(requested));
  if (ceiling === undefined) throw new GatewayError("SERVER_NOT_GRANTED");
  assertSupported(`The policy of "${labelOf(server)}"`, server);
  if (server.enteredBy !== undefined) assertServerUrl(new URL(server.upstreamUrl), settings);
  return { server, ceiling: effectiveTrust(ceiling, term.ceiling) };
}

/**
 * Everything this human may be asked to consent to, by name. Throws GatewayError POLICY_UNSUPPORTED when the policy of the
 * whole host can't be enforced.
 */
export function listGrantable(settings: HostSettings, consenter: Consenter): readonly Grantable[] {
  assertSupported("The policy of this host", settings);
  const found = [...settings.servers.keys()].flatMap((server) => {
    try {
      return [findGrantable(settings, consenter, server)];
    } catch (error) {
      if (error instanceof GatewayError) return [];
      throw error;
    }
  });
  return found.toSorted((a, b) => a.server.name.localeCompare(b.server.name, "en"));
}

/**
 * May this human consent to `level` on `chosen`, the server that the page sent? Where the client asked for a server it
 * must be that one, or the human saw another question than the one that is answered. Throws GatewayError
 * CONSENT_REQUEST_INVALID, CEILING_EXCEEDED, and what `findGrantable` throws.
 */
export function checkConsent(
  settings: HostSettings,
  consenter: Consenter,
  asked: { readonly requested: string | undefined; readonly chosen: string; readonly level: TrustLevel },
): Grantable {
  if (asked.requested !== undefined && asked.chosen !== asked.requested) {
    throw new GatewayError("CONSENT_REQUEST_INVALID");
  }
  const grantable = findGrantable(settings, consenter, asked.chosen);
  if (!reaches(grantable.ceiling, asked.level)) throw new GatewayError("CEILING_EXCEEDED");
  return grantable;
}
