/** How often an agent may call, as the policy says it. Pure. */
import type { RateLimit } from "@permit-mcp-gateway/policies";
import type { AttemptLimit } from "../deps/attempts.ts";
import { digest } from "../digest.ts";
import { labelOf } from "../server-url.ts";
import type { WithGrant, WithHost, WithServer } from "./exchange.ts";

/** One limit of the policy that a call counts for. */
export interface CallLimit {
  /** For sentences, for example `call tools of "issues"`. */
  readonly what: string;
  readonly limit: AttemptLimit;
}

/** The limits that hold for a call of this tool by this agent. Each counts by itself, for client and human together. */
export function callLimitsOf(
  { host, server, grant: { clientId, email } }: WithHost & WithServer & WithGrant,
  toolName: string,
): readonly CallLimit[] {
  const tool = server.tools.get(toolName);
  const limits: readonly (readonly [RateLimit | undefined, string, readonly string[]])[] = [
    [tool?.rateLimit, `call "${toolName}" of "${labelOf(server)}"`, ["tool", server.key, toolName]],
    [server.rateLimit, `call tools of "${labelOf(server)}"`, ["server", server.key]],
    [host.rateLimits.agent, "call tools of this host", ["host"]],
  ];
  return limits.flatMap(([rate, what, counted]) => {
    if (rate === undefined) return [];
    // A window of another length is another count: the old one would go on for as long as it was to.
    const text = JSON.stringify([...counted, clientId, email, rate.windowSeconds]);
    return [{ what, limit: { ...rate, key: digest(text) } }];
  });
}
