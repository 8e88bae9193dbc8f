import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Sdk } from "./agent.ts";

/** `@modelcontextprotocol/sdk` 1.x: the clients in the field, sessions and all. */
export const sdkV1: Sdk<StreamableHTTPClientTransport> = {
  newClient: (name) => new Client({ name, version: "1.0.0" }),
  newTransport: (url, oauth) => new StreamableHTTPClientTransport(url, { authProvider: oauth }),
  finishAuth: async (transport, callback) => transport.finishAuth(callback.get("code") ?? ""),
  isUnauthorized: (error) => error instanceof UnauthorizedError,
};
