/** The host as Permit's documents, read and checked. Also the form in which the last good copy is kept. */
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
import { supportedFeatures } from "../features.ts";

const serverSnapshotSchema = z.object({
  attributes: serverAttributesSchema,
  /** Action key -> the tool it stands for. */
  actions: z.record(z.string(), toolAttributesSchema),
});

/** Everything read of one host, checked. */
export const hostSnapshotSchema = z.object({
  host: hostAttributesSchema,
  servers: z.record(z.string(), serverSnapshotSchema),
  /**
   * What the gateway that read it supported. It dropped what it did not know, so a later gateway that starts with its
   * copy must not take a feature for configured that is not in the copy.
   */
  readWith: z.array(z.string()).default([]),
});

export type HostSnapshot = z.infer<typeof hostSnapshotSchema>;
export type ServerSnapshot = z.infer<typeof serverSnapshotSchema>;

const requiring = z.object({ requires: z.array(z.string()).default([]) });

/** What documents require though they can't be parsed: a policy of a later format is what `requires` is there for. */
function requiresOf(documents: readonly unknown[]): string[] {
  return documents.flatMap((document) => requiring.safeParse(document).data?.requires ?? []);
}

async function readServer(permit: Permit, key: string) {
  const [type, instance] = await Promise.all([
    permit.api.resources.get(key),
    permit.api.resourceInstances.get(serverRef(key)),
  ]);
  const actions = Object.entries(type.actions ?? {}).map(([action, { attributes }]) => [action, attributes]);
  return {
    attributes: instance.attributes as unknown,
    actions: Object.fromEntries(actions) as Record<string, unknown>,
  };
}

/** A server's documents; the previous ones with the new requirements where they can't be parsed. */
function checkServer(
  documents: Awaited<ReturnType<typeof readServer>>,
  previous: ServerSnapshot | undefined,
  onRefused: (reason: string) => void,
): ServerSnapshot | undefined {
  const parsed = serverSnapshotSchema.safeParse(documents);
  if (parsed.success) return parsed.data;
  onRefused(z.prettifyError(parsed.error));
  if (previous === undefined) return undefined;
  const { attributes } = previous;
  const requires = requiresOf([attributes, documents.attributes, ...Object.values(documents.actions)]);
  return { ...previous, attributes: { ...attributes, requires: [...new Set(requires)] } };
}

/**
 * Reads the host from Permit. Documents that can't be parsed leave what `previous` says of them, but for what they
 * require; a server of which nothing was known is left out. `onRefused` is told. The servers are not read when the host
 * says that they are those of `trusted`: a host of fifty would be a hundred requests each time. Throws when Permit can't be reached,
 * and when the host's own document can't be parsed and requires nothing.
 */
export async function readHostSnapshot(
  permit: Permit,
  hostKey: string,
  previous: HostSnapshot | undefined,
  onRefused: (what: string, reason: string) => void,
  trusted: HostSnapshot | undefined,
): Promise<HostSnapshot> {
  const { attributes } = await permit.api.resourceInstances.get(instanceRef(gatewayHostType, hostKey));
  const host = hostAttributesSchema.safeParse(attributes);
  if (!host.success) {
    const requires = requiresOf([attributes]);
    if (previous === undefined || requires.length === 0) throw host.error;
    onRefused(hostKey, z.prettifyError(host.error));
    return { ...previous, host: { ...previous.host, requires } };
  }
  if (trusted !== undefined && host.data.revision !== undefined && trusted.host.revision === host.data.revision) {
    return { ...trusted, host: host.data };
  }
  const servers: Record<string, ServerSnapshot> = {};
  for (const key of host.data.servers) {
    const documents = await readServer(permit, key);
    const checked = checkServer(documents, previous?.servers[key], (reason) => onRefused(key, reason));
    if (checked !== undefined) servers[key] = checked;
  }
  return { host: host.data, servers, readWith: [...supportedFeatures] };
}
