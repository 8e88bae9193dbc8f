import { GatewayError } from "../../errors.ts";
import { labelOf } from "../../server-url.ts";
import type { WithMessage, WithServer } from "../exchange.ts";
import { calledTool } from "../methods.ts";

/**
 * A call that the policy lets wait for a human is not made without one. Nothing here can ask a human yet, so it is refused.
 * After every other rule: what nobody could approve is not asked for. Throws GatewayError APPROVAL_REQUIRED.
 */
export function awaitApproval({ message, server }: WithMessage & WithServer): object {
  const tool = server.tools.get(calledTool(message) ?? "");
  if (tool?.approval !== true) return {};
  throw new GatewayError("APPROVAL_REQUIRED", {
    sentence: `By the policy, calls of "${tool.name}" on "${labelOf(server)}" wait for the approval of a human, and this gateway can't ask for one yet. Ask an admin.`,
  });
}
