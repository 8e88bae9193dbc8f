/** Settings of a host for the tests, made by the gateway's own code of the attributes that a plan writes. */
import {
  type HostAttributes,
  type ServerAttributes,
  type ToolAttributes,
  type TrustLevel,
  toolActionKey,
} from "@permit-mcp-gateway/policies";
import { toSettings } from "../src/adapters/permit-host-settings.ts";
import { hostSnapshotSchema } from "../src/adapters/permit-host-snapshot.ts";
import type { HostSettings } from "../src/deps/host-settings.ts";
import { supportedFeatures } from "../src/features.ts";

/** One server: its attributes where they are not the defaults, and the trust or the attributes of each tool. */
export interface ServerDocuments {
  readonly attributes?: Partial<ServerAttributes>;
  readonly tools: Readonly<Record<string, TrustLevel | Omit<ToolAttributes, "tool">>>;
}

/** A host with its servers by key. */
export interface HostDocuments {
  readonly host?: Partial<HostAttributes>;
  readonly servers: Readonly<Record<string, ServerDocuments>>;
}

function serverSnapshot(key: string, { attributes, tools }: ServerDocuments) {
  const actions = Object.entries(tools).map(([tool, said]) => [
    toolActionKey(tool),
    { tool, ...(typeof said === "string" ? { trust: said } : said) },
  ]);
  const defaults = { name: key, description: "", upstream_url: "http://127.0.0.1:9/mcp" };
  return { attributes: { ...defaults, ...attributes }, actions: Object.fromEntries(actions) as object };
}

/** Throws when a document is not one that the gateway accepts. */
export function settingsOf({ host, servers }: HostDocuments): HostSettings {
  const defaults = { name: "Demo", servers: Object.keys(servers), sign_in: { password: { enabled: true } } };
  const snapshot = hostSnapshotSchema.parse({
    host: { ...defaults, ...host },
    servers: Object.fromEntries(Object.entries(servers).map(([key, server]) => [key, serverSnapshot(key, server)])),
    readWith: [...supportedFeatures],
  });
  return toSettings("demo", snapshot, (server, reason) => {
    throw new Error(`${server}: ${reason}`);
  });
}
