import { isMetadataDocumentUrl } from "@permit-mcp-gateway/policies";
import type { HostSettings } from "../deps/host-settings.ts";
import { errorCatalogue, GatewayError } from "../errors.ts";

/** The part of a host's settings that says which clients may connect. */
type ClientSettings = Pick<HostSettings, "clients">;

/** True when the policy lets the client connect: it is on the list, or its kind is open to all. */
export function isClientAdmitted({ clients }: ClientSettings, clientId: string): boolean {
  if (clients.listed.some(({ id }) => id === clientId)) return true;
  return isMetadataDocumentUrl(clientId) ? clients.metadataDocuments : clients.registration;
}

/**
 * Asked wherever a client or a token of it comes in, and not at the start alone: a list that was narrowed holds for those
 * that are connected already. Throws GatewayError CLIENT_NOT_ADMITTED.
 */
export function assertClientAdmitted(host: ClientSettings, clientId: string): void {
  if (!isClientAdmitted(host, clientId)) throw new GatewayError("CLIENT_NOT_ADMITTED");
}

/** What a client reads that may not connect. */
export const notAdmitted = errorCatalogue.CLIENT_NOT_ADMITTED.sentence;
