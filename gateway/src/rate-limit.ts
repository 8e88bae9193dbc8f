import { hostAttributesSchema } from "@permit-mcp-gateway/policies";
import type { FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import { setBounded } from "./bounded-map.ts";
import type { HostDirectory, HostSettings } from "./deps/host-settings.ts";
import type { Clock } from "./deps/process.ts";
import { GatewayError } from "./errors.ts";
import { clientAddress } from "./trusted-proxies.ts";

/** The limits of addresses. That of agents is no matter of HTTP requests, see `mcp/call-limits.ts`. */
type RateLimits = Omit<HostSettings["rateLimits"], "agent">;

/** At most `max` requests in `windowSeconds`, per address. */
export type RateLimitRule = RateLimits[keyof RateLimits];

/** Until a policy was read. */
const defaults: RateLimits = hostAttributesSchema.shape.rate_limits.parse(undefined);

/** Addresses counted per rule. Above it the longest-known go: an attacker with that many addresses is not stopped here. */
const addressesMax = 50_000;

/** Hooks that count requests by a rule of the host's policy and refuse with `rate_limited`, saying how long to wait. */
export type RateLimit = (
  name: keyof RateLimits,
  counts?: (request: FastifyRequest) => boolean,
) => onRequestAsyncHookHandler;

/** The limits of a host. The policy is read at every request, so a change holds from the next one on. */
export function createRateLimits({
  directory,
  clock,
}: {
  readonly directory: HostDirectory;
  readonly clock: Clock;
}): RateLimit {
  const limits = () => {
    try {
      return directory.settings().rateLimits;
    } catch {
      return defaults;
    }
  };
  return (name, counts = () => true) => {
    const limiter = createRateLimiter(() => limits()[name], clock);
    return async (request, reply) => {
      const waitSeconds = counts(request) ? limiter(clientAddress(request)) : undefined;
      if (waitSeconds === undefined) return;
      void reply.header("retry-after", waitSeconds);
      throw new GatewayError("rate_limited");
    };
  };
}

/**
 * A limiter for one rule, in this process. Returns the seconds to wait when the address is over its limit, otherwise
 * undefined. Fixed windows: simple, and the worst case is twice `max` around a boundary.
 */
export function createRateLimiter(rule: () => RateLimitRule, clock: Clock): (address: string) => number | undefined {
  const windows = new Map<string, { readonly startedAtMs: number; count: number }>();
  return (address) => {
    const nowMs = clock().getTime();
    const { max, windowSeconds } = rule();
    const key = addressBlock(address);
    const window = windows.get(key);
    const endsAtMs = (window?.startedAtMs ?? nowMs) + windowSeconds * 1000;
    if (window === undefined || endsAtMs <= nowMs) {
      setBounded(windows, addressesMax, key, { startedAtMs: nowMs, count: 1 });
      return undefined;
    }
    window.count += 1;
    return window.count > max ? Math.ceil((endsAtMs - nowMs) / 1000) : undefined;
  };
}

/** IPv6 by its /64: one subscriber has 2^64 addresses and would never meet a limit per address. */
export function addressBlock(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - last.length)).fill("0");
  const block = [...groups, ...zeros, ...last].slice(0, 4);
  return `${block.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
