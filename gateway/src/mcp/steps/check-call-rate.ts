import { GatewayError } from "../../errors.ts";
import { callLimitsOf } from "../call-limits.ts";
import type { Exchange, McpDeps, WithGrant, WithMessage, WithServer } from "../exchange.ts";
import { calledTool } from "../methods.ts";

/**
 * The agent calls no more often than the policy says, on all replicas together. Every call counts, whatever becomes of it
 * afterwards, and once, also when it is decided anew in another session; one that a limit refuses does not count for the
 * others. Throws GatewayError CALL_LIMIT_REACHED.
 */
export async function checkCallRate(
  exchange: Pick<Exchange, "counted"> & WithMessage & WithServer & WithGrant,
  { callCounts }: McpDeps,
): Promise<Pick<Exchange, "counted">> {
  const name = calledTool(exchange.message);
  if (name === undefined || exchange.counted === true) return {};
  const limits = callLimitsOf(exchange, name);
  const taken = await Promise.all(
    limits.map(async (each) => ({ ...each, waitSeconds: await callCounts.take(each.limit) })),
  ).catch((cause: unknown) => {
    throw new GatewayError("STORE_UNAVAILABLE", { detail: "The call could not be counted.", cause });
  });
  const [longest] = taken.toSorted((a, b) => (b.waitSeconds ?? 0) - (a.waitSeconds ?? 0));
  if (longest?.waitSeconds === undefined) return { counted: true };
  for (const { limit, waitSeconds } of taken) if (waitSeconds === undefined) await callCounts.giveBack(limit.key);
  const { what, limit, waitSeconds: retryAfterSeconds } = longest;
  throw new GatewayError("CALL_LIMIT_REACHED", {
    sentence: `This agent may ${what} ${limit.max} times in ${limit.windowSeconds} seconds. Try again in ${retryAfterSeconds} seconds.`,
    retryAfterSeconds,
  });
}
