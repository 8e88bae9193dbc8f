import ipaddr from "ipaddr.js";

/** What is handed out to the Internet at large (RFC 4291 section 2.4, IANA's registry of IPv6 global unicast space). */
const globalIpv6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

/**
 * True for an address that anybody on the Internet could be at. An allow-list: private, loopback, link-local (where clouds
 * keep their metadata), unique local, shared, documentation, multicast and reserved ranges are not, and neither is an IPv6
 * address that carries an IPv4 one (mapped, compatible, NAT64, 6to4, Teredo), because it leads to whatever that one is.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(globalIpv6);
}
