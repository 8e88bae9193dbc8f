import { allowRecord, denyRecord } from "../../audit/record.ts";
import type { ServerSettings } from "../../deps/host-settings.ts";
import type { GatewayError } from "../../errors.ts";
import type { Exchange, McpDeps, Progress, WithGrant, WithMessage, WithRecord, WithServer } from "../exchange.ts";
import type { RpcMessage } from "../json-rpc.ts";
import { calledTool } from "../methods.ts";
import { openingOf } from "../opening.ts";

/** What a record is made of: tool calls, and requests for what the policy opens. Undefined for everything else. */
function askedFor(message: RpcMessage | undefined, server: ServerSettings | undefined) {
  const tool = calledTool(message);
  if (tool !== undefined) return { tool, trust: server?.tools.get(tool)?.trust ?? null };
  return message?.kind === "request" && server !== undefined && openingOf(message, server) !== undefined
    ? { method: message.method }
    : undefined;
}

/** What tells which server it is, where the key does not. */
function addressOf(server: ServerSettings | undefined): string | undefined {
  return server?.enteredBy === undefined ? undefined : server.name;
}

/**
 * The allowed call is on record, durably, before the upstream sees it; one of a low tool before the client sees the answer,
 * so that reading waits for the server and the database at once. Throws GatewayError AUDIT_UNAVAILABLE.
 */
export async function record(
  exchange: Exchange & WithMessage & WithServer & WithGrant,
  { audit, clock, hostKey }: McpDeps,
): Promise<WithRecord> {
  const { server } = exchange;
  const asked = askedFor(exchange.message, server);
  if (asked === undefined) return { recorded: undefined };
  const about = { server: server.key, address: addressOf(server), asked };
  const recorded = audit.write(allowRecord({ ...exchange, ...about, host: hostKey, now: clock() }));
  if (!("tool" in asked) || asked.trust !== "low") await recorded;
  // Awaited before anything is answered, see `forward` and `recordRefusal`; an error until then is not unhandled.
  recorded.catch(() => undefined);
  return { recorded };
}

/**
 * The refused call is on record before the client hears of it; one whose name leads to none of several servers, without a
 * server and under the first grant. Does nothing for what is never recorded, for a request whose human is not known yet,
 * and waits for the record of a call that was allowed. Throws GatewayError AUDIT_UNAVAILABLE.
 */
export async function recordRefusal(exchange: Progress, error: GatewayError, deps: McpDeps): Promise<void> {
  const { message, server, grants, recorded } = exchange;
  const grant = exchange.grant ?? grants?.[0];
  if (recorded !== undefined) return recorded;
  if (grant === undefined) return;
  const asked = askedFor(message, server);
  if (asked === undefined) return;
  // Nothing could be written a moment ago: the call is refused because of that, and trying again would only wait.
  if (error.code === "AUDIT_UNAVAILABLE") return;
  const { requestId } = exchange;
  const key = exchange.grant?.server ?? null;
  await deps.audit.write(
    denyRecord(
      { requestId, server: key, address: addressOf(server), grant, asked, host: deps.hostKey, now: deps.clock() },
      error.code,
      error.sentence,
    ),
  );
}
