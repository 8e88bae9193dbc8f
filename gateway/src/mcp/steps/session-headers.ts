import { GatewayError } from "../../errors.ts";
import type { Exchange, WithProtocol } from "../exchange.ts";
import { isPlainHeaderValue } from "../header-value.ts";
import { readVersion } from "./check-headers.ts";

const maxEventIdLength = 1024;

/** The headers of a GET or DELETE that go upstream: the version, and where to resume a stream. */
export function sessionHeaders({ headers, rawHeaders, httpMethod }: Exchange): WithProtocol {
  const version = readVersion({ headers, rawHeaders });
  const lastEventId = httpMethod === "GET" ? headers["last-event-id"] : undefined;
  if (lastEventId !== undefined) {
    if (typeof lastEventId !== "string" || lastEventId.length > maxEventIdLength || !isPlainHeaderValue(lastEventId)) {
      throw new GatewayError("REQUEST_INVALID", { sentence: "Last-Event-ID is not valid." });
    }
  }
  return {
    stateless: false,
    protocolHeaders: {
      ...(version === undefined ? {} : { "mcp-protocol-version": version }),
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId as string }),
    },
  };
}
