import { allowRecord, denyRecord } from "../../audit/record.ts";
import type { GatewayError } from "../../errors.ts";
import type { Exchange, McpDeps, Progress, WithGrant, WithMessage, WithRecord, WithServer } from "../exchange.ts";
import { calledTool } from "../methods.ts";

/** The allowed call is on record, durably, before the upstream sees it. Throws GatewayError AUDIT_UNAVAILABLE. */
export async function record(
  exchange: Exchange & WithMessage & WithServer & WithGrant,
  { audit, clock, hostKey }: McpDeps,
): Promise<WithRecord> {
  const tool = calledTool(exchange.message);
  if (tool === undefined) return { recorded: false };
  await audit.write(allowRecord({ ...exchange, tool, host: hostKey, now: clock() }));
  return { recorded: true };
}

/**
 * The refused call is on record before the client hears of it. Does nothing for what is no tool call, for a request
 * whose human is not known yet, and for a call already recorded as allowed. Throws GatewayError AUDIT_UNAVAILABLE.
 */
export async function recordRefusal(exchange: Progress, error: GatewayError, deps: McpDeps): Promise<void> {
  const { message, server, grant, recorded } = exchange;
  const tool = calledTool(message);
  if (tool === undefined || server === undefined || grant === undefined || recorded === true) return;
  // Nothing could be written a moment ago: the call is refused because of that, and trying again would only wait.
  if (error.code === "AUDIT_UNAVAILABLE") return;
  const { requestId } = exchange;
  await deps.audit.write(
    denyRecord({ requestId, server, grant, tool, host: deps.hostKey, now: deps.clock() }, error.code, error.sentence),
  );
}
