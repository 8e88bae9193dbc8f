/** The host's settings as Permit's documents, and what the gateway makes of them. Pure but for the reads. */
import {
  gatewayHostType,
  hostAttributesSchema,
  instanceRef,
  serverAttributesSchema,
  serverRef,
  toolAttributesSchema,
} from "@permit-mcp-gateway/policies";
import type { Permit } from "permitio";
import { z } from "zod";
import type { HostSettings, ServerSettings, ToolSettings } from "../deps.ts";

const serverSnapshotSchema = z.object({
  attributes: serverAttributesSchema,
  /** Action key -> the tool it stands for. */
  actions: z.record(z.string(), toolAttributesSchema),
});

/** Everything read of one host, checked: also the form in which the last good copy is kept. */
export const hostSnapshotSchema = z.object({
  host: hostAttributesSchema,
  servers: z.record(z.string(), serverSnapshotSchema),
});

export type HostSnapshot = z.infer<typeof hostSnapshotSchema>;
export type ServerSnapshot = z.infer<typeof serverSnapshotSchema>;

async function readServer(permit: Permit, key: string): Promise<unknown> {
  const [type, instance] = await Promise.all([
    permit.api.resources.get(key),
    permit.api.resourceInstances.get(serverRef(key)),
  ]);
  const actions = Object.entries(type.actions ?? {}).map(([action, { attributes }]) => [action, attributes]);
  return { attributes: instance.attributes, actions: Object.fromEntries(actions) };
}

/**
 * Reads the host from Permit. A server whose document can't be parsed keeps what `previous` says of it, or is left
 * out; `onRefused` is told. Throws when Permit can't be reached or the host's own document can't be parsed.
 */
export async function readHostSnapshot(
  permit: Permit,
  hostKey: string,
  previous: HostSnapshot | undefined,
  onRefused: (server: string, reason: string) => void,
): Promise<HostSnapshot> {
  const instance = await permit.api.resourceInstances.get(instanceRef(gatewayHostType, hostKey));
  const host = hostAttributesSchema.parse(instance.attributes);
  const servers: Record<string, ServerSnapshot> = {};
  for (const key of host.servers) {
    const parsed = serverSnapshotSchema.safeParse(await readServer(permit, key));
    const kept = parsed.success ? parsed.data : previous?.servers[key];
    if (!parsed.success) onRefused(key, z.prettifyError(parsed.error));
    if (kept !== undefined) servers[key] = kept;
  }
  return { host, servers };
}

/** The server's tools by exact name; undefined when two actions claim one name: which trust holds would be chance. */
function toServer(key: string, { attributes, actions }: ServerSnapshot): ServerSettings | undefined {
  const tools = new Map<string, ToolSettings>();
  for (const [action, { tool, trust }] of Object.entries(actions)) {
    if (tools.has(tool)) return undefined;
    tools.set(tool, { name: tool, action, trust });
  }
  const { name, description, upstream_url: upstreamUrl } = attributes;
  return { key, name, description, upstreamUrl, tools };
}

/** The settings of a snapshot. A server with an ambiguous tool is left out; `onRefused` is told. */
export function toSettings(
  hostKey: string,
  { host, servers }: HostSnapshot,
  onRefused: (server: string, reason: string) => void,
): HostSettings {
  const accepted = new Map<string, ServerSettings>();
  for (const key of host.servers) {
    const snapshot = servers[key];
    if (snapshot === undefined) continue;
    const server = toServer(key, snapshot);
    if (server === undefined) onRefused(key, "Two actions stand for one tool name.");
    else accepted.set(key, server);
  }
  return { key: hostKey, name: host.name, signIn: host.sign_in, servers: accepted };
}
