import { AsyncLocalStorage } from "node:async_hooks";
import type { SignInMethod } from "@permit-mcp-gateway/policies";
import type { RecordedRequest } from "../deps/audit-records.ts";
import type { GatewayError } from "../errors.ts";

/** One sign-in on its way through the library. */
export interface SignInAttempt {
  readonly method: SignInMethod;
  readonly request: RecordedRequest;
  /** The address that an identity provider vouches for, canonical. A session for another one is refused. */
  provenEmail?: string;
  /** The address of the account that a session was about to be made for: its human has proven who they are. */
  sessionFor?: string;
  /** Why one of our hooks refused: the library turns what they throw into words of its own. */
  refusal?: GatewayError;
}

/**
 * Set by our routes, read by the library's hooks. Outside of it no session is made: an endpoint that somebody opens
 * without saying by which method it lets humans in lets nobody in.
 */
export const signInContext = new AsyncLocalStorage<SignInAttempt>();
