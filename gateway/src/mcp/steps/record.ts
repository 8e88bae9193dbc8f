import { allowRecord, denyRecord } from "../../audit/record.ts";
import { recordedArguments } from "../../audit/recorded-arguments.ts";
import type { ServerSettings } from "../../deps/host-settings.ts";
import type { GatewayError } from "../../errors.ts";
import { clientVersion } from "../client-version.ts";
import type {
  Exchange,
  McpDeps,
  Progress,
  WithGrant,
  WithMessage,
  WithRecord,
  WithServer,
  WithSession,
  WithTerm,
} from "../exchange.ts";
import type { RpcMessage } from "../json-rpc.ts";
import { calledTool } from "../methods.ts";
import { openingOf } from "../opening.ts";

/** What a decision is recorded on: tool calls, and requests for what the policy opens. Undefined for everything else. */
function askedFor(message: RpcMessage | undefined, server: ServerSettings | undefined) {
  const tool = calledTool(message);
  if (message?.kind === "request" && tool !== undefined) {
    const settings = server?.tools.get(tool);
    const args = settings && recordedArguments(message.params.arguments, settings.audit);
    return { tool, trust: settings?.trust ?? null, arguments: args };
  }
  return message?.kind === "request" && server !== undefined && openingOf(message, server) !== undefined
    ? { method: message.method }
    : undefined;
}

/** The same of what was refused, which is recorded whatever it is. */
function refused({ message, server, httpMethod }: Progress) {
  const method = message === undefined || message.kind === "response" ? null : message.method;
  return askedFor(message, server) ?? { method: httpMethod === "POST" ? method : httpMethod };
}

/** What tells which server it is, where the key does not. */
function addressOf(server: ServerSettings | undefined): string | undefined {
  return server?.enteredBy === undefined ? undefined : server.name;
}

/**
 * The allowed call is on record, durably, before the upstream sees it; one of a low tool before the client sees the answer,
 * so that reading waits for the server and the database at once, unless the policy says otherwise. Throws GatewayError AUDIT_UNAVAILABLE.
 */
export async function record(
  exchange: Exchange & WithMessage & WithServer & WithGrant & WithTerm & WithSession,
  { audit, clock, hostKey }: McpDeps,
): Promise<WithRecord> {
  const { host, server, message, term } = exchange;
  const asked = askedFor(message, server);
  if (asked === undefined) return { decided: undefined };
  const about = { server: server.key, address: addressOf(server), asked, ceiling: term.ceiling };
  const version = clientVersion(exchange);
  const decision = allowRecord({ ...exchange, ...about, agentVersion: version, host: hostKey, now: clock() });
  const startedMs = performance.now();
  const recorded = audit.write(decision);
  const mayWait = "tool" in asked && asked.trust === "low" && host.audit.lowCalls === "before-answer";
  if (!mayWait) await recorded;
  // Awaited before anything is answered, see `forward` and `recordRefusal`; an error until then is not unhandled.
  recorded.catch(() => undefined);
  return { decided: { record: decision, recorded, startedMs } };
}

/**
 * The refused request is on record before the client hears of it; one whose name leads to none of several servers, without a
 * server and under the first grant. Does nothing for a request whose human is not known yet, and waits for the record of a
 * call that was allowed, whose result says the rest. Throws GatewayError AUDIT_UNAVAILABLE.
 */
export async function recordRefusal(exchange: Progress, error: GatewayError, deps: McpDeps): Promise<void> {
  const { server, grants, decided, term } = exchange;
  const grant = exchange.grant ?? grants?.[0];
  if (decided !== undefined) return decided.recorded;
  if (grant === undefined) return;
  // Nothing could be written a moment ago: the call is refused because of that, and trying again would only wait.
  if (error.code === "AUDIT_UNAVAILABLE") return;
  const about = {
    server: exchange.grant?.server ?? null,
    address: addressOf(server),
    asked: refused(exchange),
    ceiling: term?.ceiling ?? null,
    agentVersion: clientVersion(exchange),
  };
  const subject = { ...exchange, ...about, grant, host: deps.hostKey, now: deps.clock() };
  await deps.audit.write(denyRecord(subject, error.code, error.sentence));
}
