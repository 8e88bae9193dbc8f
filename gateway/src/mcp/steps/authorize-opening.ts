import { reaches } from "@permit-mcp-gateway/policies";
import { GatewayError } from "../../errors.ts";
import { labelOf } from "../../server-url.ts";
import { hasTrust } from "../effective-trust.ts";
import type { McpDeps, WithGrant, WithMessage, WithServer, WithTerm } from "../exchange.ts";
import { levelBound } from "../level-bound.ts";
import { openingOf } from "../opening.ts";

/**
 * Resources, prompts and further methods are open to the agent from the trust that the policy says. Asked on every
 * request, like a tool call: a lowered ceiling holds from the next one on.
 */
export async function authorizeOpening(
  asking: WithMessage & WithServer & WithGrant & WithTerm,
  deps: McpDeps,
): Promise<object> {
  const { message, server, grant } = asking;
  const opening = openingOf(message, server);
  if (opening === undefined) return {};
  const { what, from } = opening;
  if (from === "off") {
    throw new GatewayError("NOT_OPEN", {
      sentence: `The policy opens no ${what} of "${labelOf(server)}". Ask an admin.`,
    });
  }
  if (reaches(levelBound(asking), from) && (await hasTrust(from, { server, grant }, deps))) return {};
  throw new GatewayError("NOT_OPEN", {
    sentence: `"${what}" of "${labelOf(server)}" needs trust ${from}, which this agent does not have there. Connect it again and consent to more, or ask an admin for a higher ceiling.`,
  });
}
