/** Which request a record is of, also where the library has it in between. */
import type { FastifyRequest } from "fastify";
import type { RecordedRequest } from "../deps/audit-records.ts";
import { clientAddress } from "../trusted-proxies.ts";

/** In these a request to the library carries what records say of the browser's. */
const requestIdHeader = "x-request-id";
const clientAddressHeader = "x-forwarded-for";

/** What records say of a request. */
export function recordedRequest(request: FastifyRequest): RecordedRequest {
  return { requestId: request.id, clientAddress: clientAddress(request) };
}

/**
 * Puts it into the headers of a request to the library, in the place of what is there: a browser can send these headers
 * too, and must not choose what is on record of it.
 */
export function markRequest(headers: Headers, request: FastifyRequest): void {
  headers.set(requestIdHeader, request.id);
  headers.set(clientAddressHeader, clientAddress(request));
}

/** What `markRequest` has put there. Only of a request that we made, never of one as it came. */
export function markedRequest({ headers }: Pick<Request, "headers">): RecordedRequest {
  return {
    requestId: headers.get(requestIdHeader) ?? "",
    clientAddress: headers.get(clientAddressHeader) ?? undefined,
  };
}
