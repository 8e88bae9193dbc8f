import { reaches } from "@permit-mcp-gateway/policies";
import { GatewayError } from "../../errors.ts";
import { hasTrust } from "../effective-trust.ts";
import type { McpDeps, WithGrant, WithMessage, WithServer, WithTerm } from "../exchange.ts";
import { openingOf } from "../opening.ts";

/**
 * Resources, prompts and further methods are open to the agent from the trust that the policy says. Asked on every
 * request, like a tool call: a lowered ceiling holds from the next one on.
 */
export async function authorizeOpening(
  { message, server, grant, term }: WithMessage & WithServer & WithGrant & WithTerm,
  deps: McpDeps,
): Promise<object> {
  const opening = openingOf(message, server);
  if (opening === undefined) return {};
  const { what, from } = opening;
  if (from === "off") {
    throw new GatewayError("NOT_OPEN", {
      sentence: `The policy opens no ${what} of "${server.key}". Ask an admin.`,
    });
  }
  if (reaches(term.ceiling, from) && (await hasTrust(from, { server, grant }, deps))) return {};
  throw new GatewayError("NOT_OPEN", {
    sentence: `"${what}" of "${server.key}" needs trust ${from}, which this agent does not have there. Connect it again and consent to more, or ask an admin for a higher ceiling.`,
  });
}
