import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import type { Sdk } from "./agent.ts";

/** Which protocol revision the client insists on: the stateless one, or the last one with sessions. */
export type ProtocolEra = "2026-07-28" | "2025-11-25";

/** `@modelcontextprotocol/client` 2.x, held to one protocol era. */
export function sdkV2(era: ProtocolEra): Sdk<StreamableHTTPClientTransport> {
  const mode = era === "2026-07-28" ? { pin: era } : ("legacy" as const);
  return {
    newClient: (name) => new Client({ name, version: "1.0.0" }, { versionNegotiation: { mode } }),
    newTransport: (url, oauth) => new StreamableHTTPClientTransport(url, { authProvider: oauth }),
    finishAuth: (transport, callback) => transport.finishAuth(callback),
    isUnauthorized: (error) => error instanceof UnauthorizedError,
  };
}
