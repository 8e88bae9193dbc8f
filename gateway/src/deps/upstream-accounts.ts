/** Accounts that humans have at MCP servers. */
import type { GatewayError } from "../errors.ts";
import type { DynamicServer } from "./dynamic-servers.ts";
import type { HostSettings, ServerSettings } from "./host-settings.ts";

/** Whose tokens they are, and at which upstream server. */
export interface UpstreamOwner {
  /** Subject of the sign-in account. */
  readonly userId: string;
  readonly server: string;
}

/** What the MCP path needs of the humans' tokens at upstream servers with `auth: oauth`. */
export interface UpstreamTokens {
  /**
   * The access token to send. One that lives is given at once, and refreshed in the background when it ends within five
   * minutes. Throws GatewayError UPSTREAM_SIGN_IN_NEEDED, or UPSTREAM_UNAVAILABLE when it has expired and the
   * authorization server does not answer.
   */
  accessToken(owner: UpstreamOwner): Promise<string>;
  /** Another token than `rejected`, which the upstream has just answered 401 to. Throws like `accessToken`. */
  replace(owner: UpstreamOwner, rejected: string): Promise<string>;
  /**
   * True when the challenge of an upstream's 403 (`WWW-Authenticate`) asks for further scopes. The next sign-in then asks
   * for them.
   */
  noteScopes(owner: UpstreamOwner, challenge: string): Promise<boolean>;
}

/** A human on the way to an upstream's authorization server. */
export interface UpstreamSignInRequest extends UpstreamOwner {
  /** The secret of the browser's cookie: who comes back with another one did not start it. */
  readonly browser: string;
  /** The authorization request that waits for consent; undefined where a human only connects again. */
  readonly authorizeQuery: string | undefined;
}

/** A human who is back from it: what the address says, and who they are here. */
export interface UpstreamSignInAnswer extends UpstreamOwner {
  readonly browser: string | undefined;
  readonly state: string;
  readonly code: string | undefined;
  readonly error: string | undefined;
  readonly iss: string | undefined;
}

/** What a server offers a human, compared with its policy. */
export interface OfferedTools {
  /** Tools that are not what was reviewed: their calls are refused. */
  readonly changed: readonly string[];
  /** Tools of the policy that the server does not have. */
  readonly missing: readonly string[];
  /** Tools of the server that the policy does not list: nobody can call them. */
  readonly unlisted: readonly string[];
}

/** What consent needs of upstream servers: signing in there, and seeing what they offer. */
export interface UpstreamAccounts {
  /** True unless the human has to sign in at the server first. */
  connected(owner: UpstreamOwner): Promise<boolean>;
  /** True when the server has asked for more than the human's sign-in there gives. */
  askedForMore(owner: UpstreamOwner): Promise<boolean>;
  /** Where the browser goes to sign in. Throws GatewayError UPSTREAM_SIGN_IN_FAILED or UPSTREAM_UNAVAILABLE. */
  begin(request: UpstreamSignInRequest): Promise<URL>;
  /**
   * Ends a sign-in. `problem` says why there are no tokens. Throws GatewayError UPSTREAM_SIGN_IN_INVALID for what this
   * browser and this human did not start; no code is redeemed then.
   */
  finish(
    answer: UpstreamSignInAnswer,
  ): Promise<{ readonly authorizeQuery: string | undefined; readonly problem: GatewayError | undefined }>;
  /**
   * Opens a session for the human and lists the tools. Throws GatewayError UPSTREAM_SIGN_IN_NEEDED, UPSTREAM_UNAVAILABLE
   * or SECRET_UNAVAILABLE.
   */
  offeredTools(
    owner: UpstreamOwner,
    asking: { readonly email: string; readonly requestId: string },
  ): Promise<OfferedTools>;
  /** The same tools as the server defines them: entries of its list. Throws like `offeredTools`. */
  toolsOf(owner: UpstreamOwner, email: string): Promise<readonly unknown[]>;
  /**
   * Whether a server that a human has entered wants a sign-in, and without one the entries of its tool list. It is told
   * nothing of the human. Throws GatewayError SERVER_URL_REFUSED or UPSTREAM_UNAVAILABLE.
   */
  probe(server: ServerSettings): Promise<Pick<DynamicServer, "auth"> & { readonly tools: readonly unknown[] }>;
  /** Deletes the human's tokens, and ends them at the upstream where it can. False when there were none. */
  forget(owner: UpstreamOwner): Promise<boolean>;
  /** Deletes the tokens that no agent can use any more. To be called now and then. */
  forgetUnused(): Promise<void>;
  /** Deletes the tokens for servers at which nobody signs in any more. */
  follow(settings: HostSettings): Promise<void>;
  /** The gateway's Client ID Metadata Document; undefined for a server that has none. */
  clientDocument(server: string): object | undefined;
}
