/** The one MCP server of the host, and the policy for it. */
import { join } from "node:path";
import { writeHost } from "@permit-mcp-gateway/policies/testing/host-values";
import { freePort } from "../ports.ts";
import { Service } from "../service.ts";
import { repository } from "../services.ts";

export const server = "items";
export const human = "developer@example.com";
const unlimited = { max: 1_000_000, windowSeconds: 1 };

/** Writes the policy: the human may go up to medium. */
export function writePolicy(policyDir: string, upstreamUrl: string): void {
  const tools = {
    read_item: { trust: "low" },
    write_item: { trust: "medium" },
    delete_item: { trust: "high" },
  } as const;
  const limits = ["signIn", "signUp", "clientRegistration", "mcp", "writes", "all"] as const;
  writeHost(
    {
      host: {
        name: "Completeness",
        permit: { project: "default", environment: "completeness" },
        admins: [human],
        rateLimits: Object.fromEntries(limits.map((name) => [name, unlimited])),
        // The id of a request is in its arguments; and a call that a killed gateway had sent on is on record, low ones too.
        audit: { arguments: "full", lowCalls: "before-call" },
      },
      grants: { grants: [{ server, human, ceiling: "medium" }] },
      servers: { [server]: { name: "Items", description: "Items.", url: upstreamUrl, timeoutSeconds: 1, tools } },
      locks: {},
    },
    policyDir,
  );
}

/** Starts the server; it notes calls in a file. */
export async function startUpstream(
  folder: string,
  ranFile: string,
): Promise<{ readonly url: string; readonly service: Service }> {
  const port = await freePort();
  const service = new Service({
    name: "upstream",
    args: [join(import.meta.dirname, "upstream.ts"), String(port), ranFile],
    env: {},
    cwd: repository,
    logFile: join(folder, "upstream.log"),
    readyUrl: `http://127.0.0.1:${port}/mcp`,
    anyStatus: true,
  });
  await service.ready();
  return { url: `http://127.0.0.1:${port}/mcp`, service };
}
