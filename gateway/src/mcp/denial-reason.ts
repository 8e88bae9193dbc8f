/** Why the decision point said no, in words a person can act on. Permit's own reasons don't tell a low ceiling from a low consent. */
import { effectiveTrust, permitServerOf, reaches, type TrustLevel } from "@permit-mcp-gateway/policies";
import type { Grant } from "../deps/grants.ts";
import type { ServerSettings, ToolSettings } from "../deps/host-settings.ts";
import type { ConsentFacts } from "../deps/permit.ts";
import { GatewayError } from "../errors.ts";
import { labelOf } from "../server-url.ts";

/** The denied call. */
export interface Denial {
  readonly tool: ToolSettings;
  readonly server: ServerSettings;
}

/** The refusal that names the lower of ceiling and consent. Pure; the decision itself is made elsewhere. */
export function denialOf(
  { tool, server }: Denial,
  ceiling: TrustLevel | undefined,
  consent: TrustLevel | undefined,
): GatewayError {
  const needs = `"${tool.name}" needs trust ${tool.trust} on "${labelOf(server)}"`;
  if (ceiling === undefined) {
    return new GatewayError("NO_GRANT", {
      sentence: `The policy gives you no access to "${labelOf(server)}". Ask an admin for a grant.`,
    });
  }
  if (!reaches(ceiling, tool.trust)) {
    return new GatewayError("CEILING_TOO_LOW", {
      sentence: `${needs}, and the ceiling an admin set for you there is ${ceiling}. Ask an admin to raise it.`,
    });
  }
  if (consent === undefined || !reaches(consent, tool.trust)) {
    const given = consent === undefined ? "has no consent there" : `has your consent for ${consent} only`;
    return new GatewayError("CONSENT_TOO_LOW", {
      sentence: `${needs}, and this agent ${given}. Connect it again to consent to ${tool.trust}.`,
    });
  }
  return new GatewayError("NO_PERMISSION", {
    sentence: `Permit denies "${tool.name}" on "${labelOf(server)}". If your access has just changed, try again in a few seconds; otherwise ask an admin.`,
  });
}

/** Reads ceiling and consent to explain a denial. Never throws: without them the reason is general, the denial stands. */
export async function explainDenial(
  denial: Denial & { readonly grant: Grant },
  facts: ConsentFacts,
): Promise<GatewayError> {
  const { grant, server } = denial;
  try {
    const [ceilings, consent] = await Promise.all([facts.ceilings(grant.email), facts.consent(grant, server.key)]);
    // Of servers that a human entered Permit knows the highest consent to any of them.
    const own =
      server.enteredBy === undefined || consent === undefined ? consent : effectiveTrust(consent, grant.level);
    return denialOf(denial, ceilings.get(permitServerOf(server.key)), own);
  } catch (cause) {
    return new GatewayError("NO_PERMISSION", {
      sentence: `Permit denies "${denial.tool.name}" on "${labelOf(server)}". The reason could not be read just now. Try again in a moment, or ask an admin.`,
      cause,
    });
  }
}
