/** Whose request it was, in events of the category Identity & Access Management (3), and back. */
import { z } from "zod";

/** A human, as OCSF has a user: the e-mail address, twice, since it requires a name. */
export const userOf = (human: string) => ({ name: human, email_addr: human });

/** The request and where it came from. Null: there was none. */
export function requester({
  requestId,
  clientAddress,
}: {
  readonly requestId: string | null;
  readonly clientAddress?: string | undefined;
}) {
  return {
    http_request: requestId === null ? undefined : { uid: requestId },
    src_endpoint: clientAddress === undefined ? undefined : { ip: clientAddress },
  };
}

/** What `requester` writes, for the schema of an event. */
export const requesterSchema = {
  http_request: z.object({ uid: z.string() }),
  src_endpoint: z.object({ ip: z.string() }).optional(),
};

/** The inverse of `requester`. */
export function readRequester(event: {
  readonly http_request: { readonly uid: string };
  readonly src_endpoint?: { readonly ip: string } | undefined;
}) {
  return { requestId: event.http_request.uid, clientAddress: event.src_endpoint?.ip };
}
