import type { Clock } from "../deps.ts";

/** At most `max` requests in `windowMs`, per address. */
export interface RateLimitRule {
  readonly max: number;
  readonly windowMs: number;
}

/** Addresses counted per rule. Above it the longest-known go: an attacker with that many addresses is not stopped here. */
const addressesMax = 50_000;

/**
 * A limiter for one rule, in this process. Returns the seconds to wait when the address is over its limit, otherwise
 * undefined. Fixed windows: simple, and the worst case is twice `max` around a boundary.
 */
export function createRateLimiter(rule: RateLimitRule, clock: Clock): (address: string) => number | undefined {
  const windows = new Map<string, { readonly endsAtMs: number; count: number }>();
  return (address) => {
    const nowMs = clock().getTime();
    const key = addressBlock(address);
    const window = windows.get(key);
    if (window === undefined || window.endsAtMs <= nowMs) {
      windows.delete(key);
      const oldest = windows.keys().next();
      if (windows.size >= addressesMax && oldest.done !== true) windows.delete(oldest.value);
      windows.set(key, { endsAtMs: nowMs + rule.windowMs, count: 1 });
      return undefined;
    }
    window.count += 1;
    return window.count > rule.max ? Math.ceil((window.endsAtMs - nowMs) / 1000) : undefined;
  };
}

/** IPv6 by its /64: one subscriber has 2^64 addresses and would never meet a limit per address. */
export function addressBlock(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - last.length)).fill("0");
  const block = [...groups, ...zeros, ...last].slice(0, 4);
  return `${block.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
