/** Whose word counts on where a request comes from: the reverse proxies in front of the gateway. */
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { z } from "zod";

/** Addresses and CIDR blocks, separated by commas, as a list. */
export const trustedProxiesSchema = z.string().transform((value, context) => {
  const blocks = value === "" ? [] : value.split(",").map((block) => block.trim());
  for (const block of blocks) {
    const problem = problemOf(block);
    if (problem !== undefined) context.addIssue({ code: "custom", message: `"${block}" ${problem}` });
  }
  return blocks;
});

function problemOf(block: string): string | undefined {
  const [address = "", prefix, ...more] = block.split("/");
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const wrong = "must be an address or a CIDR block, such as 10.0.0.0/16";
  if (bits === 0 || more.length > 0) return wrong;
  if (prefix === undefined) return undefined;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return wrong;
  // Everybody could then choose the address that their requests count for.
  return Number(prefix) === 0 ? "would believe everybody; name the proxies" : undefined;
}

/**
 * The address that a request comes from: the peer's, or behind trusted proxies the last one in `X-Forwarded-For` that
 * is none of theirs. What is further left was sent by whoever is at that address and may be invented. Everything that
 * counts, logs or stores an address uses this one.
 */
export function clientAddress(request: FastifyRequest): string {
  const { ip } = request;
  if (isIP(ip) !== 0) return ip;
  // A load balancer may add the port; with it each connection would count as somebody else.
  const address = /^\[?(.+?)\]?:\d+$/.exec(ip)?.[1] ?? ip;
  return isIP(address) === 0 ? (request.socket.remoteAddress ?? "") : address;
}
