/** MCP servers that humans enter by URL. */

import type { TrustLevel } from "@permit-mcp-gateway/policies";
import type { UpstreamOwner } from "./upstream-accounts.ts";

/** A server that a human has entered by URL. */
export interface DynamicServer extends UpstreamOwner {
  readonly url: string;
  /** Whether each human signs in there, as the server said when it was entered. */
  readonly auth: "none" | "oauth";
  /** What the human was shown; of a server that wants a sign-in first, nothing before it. */
  readonly tools: readonly { readonly name: string; readonly trust: TrustLevel; readonly digest: string }[];
  readonly createdAt: Date;
}

/** Servers that humans have entered. Each is its human's alone. */
export interface DynamicServerStore {
  /** In the order in which they were entered. */
  list(userId: string): Promise<readonly DynamicServer[]>;
  /** Adds one, or replaces what is known of the one at the same URL; returns it with the key that it has. */
  save(server: Omit<DynamicServer, "server" | "createdAt"> & { readonly email: string }): Promise<DynamicServer>;
  /** Removes it, with the gateway's registrations for it. Missing ones are fine. */
  remove(owner: UpstreamOwner): Promise<void>;
  /** Removes those whose account is gone. To be called now and then. */
  removeUnowned(): Promise<void>;
}
