/** Which addresses a URL may lead to that somebody else chose: a human who enters a server, or the metadata of one. Pure. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { isPublicAddress } from "./public-address.ts";

/** Thrown for an address that is refused. The message names the host, which the log may hold. */
export class AddressRefusedError extends Error {}

/** What the policy names beside all public addresses: it was reviewed. */
export interface AddressRules {
  /** Hosts, as a URL's `hostname` has them, that may be anywhere, and over http. */
  readonly hosts: readonly string[];
  /** Ranges in CIDR notation whose addresses are as good as public ones. */
  readonly ranges: readonly string[];
}

/** `privateHosts` of a policy as rules. */
export function addressRules(privateHosts: readonly string[]): AddressRules {
  const isRange = (entry: string) => entry.includes("/");
  return {
    hosts: privateHosts.filter((entry) => !isRange(entry)).map((host) => (isIP(host) === 6 ? `[${host}]` : host)),
    ranges: privateHosts.filter(isRange),
  };
}

/** True for a name that may be at any address. */
export function isNamedHost(hostname: string, { hosts }: AddressRules): boolean {
  return hosts.some((host) => host.toLowerCase() === hostname.toLowerCase());
}

/** True for an address that a name may have which the policy does not list. */
export function isAllowedAddress(address: string, rules: AddressRules): boolean {
  return isPublicAddress(address) || isInRange(address, rules);
}

/**
 * Refuses, before any name is resolved, credentials, other schemes than https, and addresses in place of a name that are
 * neither public nor in a range. What the rules name may be http. Throws AddressRefusedError.
 */
export function assertUrlAllowed(url: URL, rules: AddressRules): void {
  if (url.username !== "" || url.password !== "") throw new AddressRefusedError(`${url.host}: credentials in a URL`);
  const literal = url.hostname.replace(/^\[|\]$/g, "");
  const isLiteral = isIP(literal) !== 0;
  const isNamed = isNamedHost(url.hostname, rules) || (isLiteral && isInRange(literal, rules));
  if (isNamed && (url.protocol === "https:" || url.protocol === "http:")) return;
  if (url.protocol !== "https:") throw new AddressRefusedError(`${url.host} is not https`);
  if (isLiteral && !isPublicAddress(literal)) throw new AddressRefusedError(`${url.host} is not public`);
}

/** An IPv6 address that carries an IPv4 one is in no range of IPv4: it is refused as it is written. */
function isInRange(address: string, { ranges }: AddressRules): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return ranges.some((range) => {
    const [base, bits] = ipaddr.parseCIDR(range);
    if (base instanceof ipaddr.IPv4) return parsed instanceof ipaddr.IPv4 && parsed.match(base, bits);
    return parsed instanceof ipaddr.IPv6 && parsed.match(base, bits);
  });
}
