/** What the gateway says of itself where it stands in for several servers. Pure. */
import type { Grant } from "../../deps/grants.ts";
import type { HostSettings } from "../../deps/host-settings.ts";
import type { Json } from "./messages.ts";
import { withPrefix } from "./prefixed-name.ts";

/** The revisions with sessions, newest first. */
const sessionVersions = ["2025-11-25", "2025-06-18", "2025-03-26"] as const;
export const statelessVersion = "2026-07-28";

/** What is routed, and nothing else: neither resources, nor logging, nor tasks. */
const capabilities = { tools: { listChanged: true }, prompts: {}, completions: {} };

function instructions({ servers }: HostSettings, grants: readonly Grant[]): string {
  const names = grants.map(({ server }) => `"${withPrefix(server, "")}" is ${servers.get(server)?.name ?? server}`);
  return `Tools and prompts of several servers. The beginning of a name says of which: ${names.join(", ")}.`;
}

const serverInfo = ({ name }: HostSettings) => ({ name: "permit-mcp-gateway", title: name, version: "0.1.0" });

/** The answer to `initialize` (MCP 2025-11-25, lifecycle): the client's revision, or the newest with sessions. */
export function initializeResult(asked: unknown, host: HostSettings, grants: readonly Grant[]): object {
  const protocolVersion = sessionVersions.find((version) => version === asked) ?? sessionVersions[0];
  return { protocolVersion, capabilities, serverInfo: serverInfo(host), instructions: instructions(host, grants) };
}

/** The answer to `server/discover` (MCP 2026-07-28). */
export function discoverResult(host: HostSettings, grants: readonly Grant[]): object {
  return {
    resultType: "complete",
    supportedVersions: [statelessVersion],
    capabilities,
    instructions: instructions(host, grants),
    ...{ ttlMs: 0, cacheScope: "private" },
    _meta: { "io.modelcontextprotocol/serverInfo": serverInfo(host) },
  };
}

/** True for a server's own answer to `server/discover`, when it has the revision that the gateway speaks here. */
export function isDiscovered(result: Json | undefined): boolean {
  const versions = result?.supportedVersions;
  return Array.isArray(versions) && versions.includes(statelessVersion);
}
