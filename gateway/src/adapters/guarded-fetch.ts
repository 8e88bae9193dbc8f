/**
 * HTTP to places that somebody else chose: the authorization server that an upstream's metadata names, for example. What
 * such a URL says must not make the gateway speak to its own network (server-side request forgery).
 */
import { lookup as resolve } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, type RequestInit, type Response, fetch as undiciFetch } from "undici";
import { isPublicAddress } from "./public-address.ts";

/** Thrown for an address that is refused. The message names the host, which the log may hold. */
export class AddressRefusedError extends Error {}

/** Metadata, registrations and tokens are small. */
const maxBodyBytes = 1024 * 1024;
const timeoutMs = 10_000;

/** The signature of `fetch` that the MCP SDK takes. */
export type Fetch = (url: string | URL, init?: globalThis.RequestInit) => Promise<globalThis.Response>;

export interface GuardedFetchOptions {
  /** Hosts, as a URL's `hostname` has them, that the policy names: they were reviewed and may be anywhere. */
  readonly reviewedHosts: readonly string[];
  /** For tests: how a name is resolved. */
  readonly lookup?: typeof resolve;
  /** For tests: where connections end whose address passed every check, and the authority of the certificate there. */
  readonly lastHop?: { readonly address: string; readonly ca: string };
}

/** A guard that gives its connections back. */
export interface GuardedFetch {
  readonly fetch: Fetch;
  close(): Promise<void>;
}

/**
 * A `fetch` that refuses other schemes than https, addresses that are not public, credentials in the URL, answers of more
 * than 1 MB, and takes at most ten seconds. A name is resolved once, every address it has is looked at, and the connection
 * goes to one of those: a name that means something else a moment later (DNS rebinding) gains nothing. Redirects are not
 * followed; whoever follows one comes by here again. Hosts of `reviewedHosts` are free of the first two rules.
 */
export function createGuardedFetch({ reviewedHosts, lookup = resolve, lastHop }: GuardedFetchOptions): GuardedFetch {
  const reviewed = new Set(reviewedHosts.map((host) => host.toLowerCase()));
  const pinned: LookupFunction = (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null) return done(error, []);
      // One private address among public ones is how a name gets past a check of the first.
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      if (!reviewed.has(hostname.toLowerCase()) && refused !== undefined) {
        return done(new AddressRefusedError(`${hostname} is at an address that is not public`), []);
      }
      if (first === undefined) return done(new AddressRefusedError(`${hostname} has no address`), []);
      const reached = lastHop === undefined ? addresses : [{ address: lastHop.address, family: 4 }];
      const { address, family } = reached[0] ?? first;
      return options.all === true ? done(null, reached) : done(null, address, family);
    });
  };
  const agent = new Agent({
    connect: { lookup: pinned, timeout: timeoutMs, ...(lastHop === undefined ? {} : { ca: lastHop.ca }) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  return {
    fetch: async (input, init) => {
      const url = new URL(input);
      assertUrl(url, reviewed);
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init?.signal ? [init.signal] : [])]);
      const request = { ...init, redirect: "manual", dispatcher: agent, signal } as RequestInit;
      const response = await undiciFetch(url, request).catch((error: unknown) => {
        // `fetch` wraps what the connection failed with.
        throw error instanceof TypeError && error.cause instanceof AddressRefusedError ? error.cause : error;
      });
      return await readAll(response);
    },
    close: () => agent.destroy(),
  };
}

/** Throws AddressRefusedError for what is refused before any name is resolved. */
function assertUrl(url: URL, reviewed: ReadonlySet<string>): void {
  if (url.username !== "" || url.password !== "") throw new AddressRefusedError(`${url.host}: credentials in a URL`);
  if (reviewed.has(url.hostname) && (url.protocol === "https:" || url.protocol === "http:")) return;
  if (url.protocol !== "https:") throw new AddressRefusedError(`${url.host} is not https`);
  // An address in place of a name is never resolved, so it is looked at here.
  const literal = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(literal) !== 0 && !isPublicAddress(literal)) throw new AddressRefusedError(`${url.host} is not public`);
}

/** The answer with its body in memory, so that its limits hold for whoever reads it. Throws past 1 MB. */
async function readAll(response: Response): Promise<globalThis.Response> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    // Counted after decompression.
    if (bytes > maxBodyBytes) throw new AddressRefusedError("an answer is larger than 1 MB");
    chunks.push(chunk);
  }
  const noBody = response.status === 204 || response.status === 304 || bytes === 0;
  const { status } = response;
  return new globalThis.Response(noBody ? null : Buffer.concat(chunks), {
    status,
    headers: [...response.headers] as [string, string][],
  });
}
