/** What goes wrong when a human signs in at an upstream, as refusals that say what to do. */
import { IssuerMismatchError, OAuthError, RegistrationRejectedError } from "@modelcontextprotocol/client";
import { AddressRefusedError } from "../address-rules.ts";
import { GatewayError } from "../errors.ts";
import { failed, type OAuthServer } from "./upstream-discovery.ts";

/** The refusal that sends the human to the page where they sign in at the server again. */
export function signInNeeded(publicUrl: string, server: string, cause?: unknown): GatewayError {
  const link = `${publicUrl}/connect/${server}`;
  return new GatewayError("UPSTREAM_SIGN_IN_NEEDED", {
    sentence: `"${server}" wants you to sign in there again. Open ${link}, then try again.`,
    link,
    ...(cause === undefined ? {} : { detail: `${server}: ${nameOf(cause)}` }),
  });
}

/** What an admin can do. Nobody can for a server that a human entered. */
export function needsClientId({ key, enteredBy }: OAuthServer): string {
  return enteredBy === undefined ? `; the policy of "${key}" needs a clientId` : "";
}

/** What of an error may be logged. */
export function nameOf(error: unknown): string {
  // Descriptions are words of another server, which could hold whatever was sent to it.
  if (error instanceof OAuthError) return error.code;
  return error instanceof Error ? error.name : "unknown";
}

/** Anything thrown, as a refusal that says what to do. */
export function explainFailure(server: OAuthServer, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof AddressRefusedError) {
    const why = "Its metadata points to an address that the gateway does not call.";
    return failed(server, why, error.message);
  }
  if (error instanceof IssuerMismatchError) {
    return failed(server, "The answer came from another authorization server than the one asked.", error.kind);
  }
  if (error instanceof RegistrationRejectedError) {
    const why = `Its authorization server refused the gateway's registration${needsClientId(server)}.`;
    return failed(server, why, `registration: ${error.status}`);
  }
  if (error instanceof OAuthError) return failed(server, "Its authorization server refused.", error.code);
  if (error instanceof TypeError)
    return failed(server, "Its authorization server does not answer.", nameOf(error), error);
  return failed(server, "What its authorization server says can't be used.", nameOf(error), error);
}
