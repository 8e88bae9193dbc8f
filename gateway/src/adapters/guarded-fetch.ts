/** HTTP to places that somebody else chose: the authorization server that an upstream's metadata names, for example. */
import { type RequestInit, type Response, fetch as undiciFetch } from "undici";
import { AddressRefusedError, type AddressRules } from "../address-rules.ts";
import type { GuardHooks } from "./address-guard.ts";
import { createGuardedAgent } from "./guarded-agent.ts";

/** Metadata, registrations and tokens are small. */
const maxBodyBytes = 1024 * 1024;
const timeoutMs = 10_000;

/** The signature of `fetch` that the MCP SDK takes. */
export type Fetch = (url: string | URL, init?: globalThis.RequestInit) => Promise<globalThis.Response>;

/** A guard that gives its connections back. */
export interface GuardedFetch {
  readonly fetch: Fetch;
  close(): Promise<void>;
}

/**
 * A `fetch` that goes only where the address guard lets it, refuses answers of more than 1 MB, and takes at most ten
 * seconds. Redirects are not followed; whoever follows one comes by here again.
 */
export function createGuardedFetch(rules: AddressRules, hooks: GuardHooks = {}): GuardedFetch {
  const pool = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
  const guard = createGuardedAgent({ addressRules: () => rules, hooks, connectTimeoutMs: timeoutMs, pool });
  return {
    fetch: async (input, init) => {
      const url = new URL(input);
      const dispatcher = guard.agentFor(url);
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init?.signal ? [init.signal] : [])]);
      const request = { ...init, redirect: "manual", dispatcher, signal } as RequestInit;
      const response = await undiciFetch(url, request).catch((error: unknown) => {
        // `fetch` wraps what the connection failed with.
        throw error instanceof TypeError && error.cause instanceof AddressRefusedError ? error.cause : error;
      });
      return await readAll(response);
    },
    close: () => guard.close(),
  };
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
