/** Connections to URLs that somebody else chose, which must not make the gateway speak to its own network (SSRF). */
import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import { AddressRefusedError, type AddressRules, isAllowedAddress, isNamedHost } from "../address-rules.ts";

/** Names and addresses end elsewhere, for tests. */
export interface GuardHooks {
  /** How a name is resolved. */
  readonly lookup?: typeof resolve;
  /** Where connections end whose address passed every check, and the authority of the certificate there. */
  readonly lastHop?: { readonly address: string; readonly ca: string };
}

/** The part of undici's `connect` that decides where a connection goes. */
export interface GuardedConnect {
  readonly lookup: LookupFunction;
  readonly ca?: string;
}

/**
 * Resolves a name once, looks at every address that it has, and connects to one of those: a name that means something
 * else a moment later (DNS rebinding) gains nothing. Fails with AddressRefusedError.
 */
export function guardedConnect(rules: AddressRules, { lookup = resolve, lastHop }: GuardHooks = {}): GuardedConnect {
  const pinned: LookupFunction = (hostname, options, done) => {
    const isNamed = isNamedHost(hostname, rules);
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      // The same as for a private address: whether a name of the inner network is known must not be told.
      const refused = new AddressRefusedError(`${hostname} has no public address`);
      if (error !== null) return done(isNamed ? error : refused, []);
      const [first] = addresses;
      // One private address among public ones is how a name gets past a check of the first.
      if (first === undefined || !(isNamed || addresses.every(({ address }) => isAllowedAddress(address, rules)))) {
        return done(refused, []);
      }
      const reached = lastHop === undefined ? addresses : [{ address: lastHop.address, family: 4 }];
      const { address, family } = reached[0] ?? first;
      return options.all === true ? done(null, reached) : done(null, address, family);
    });
  };
  return { lookup: pinned, ...(lastHop === undefined ? {} : { ca: lastHop.ca }) };
}
