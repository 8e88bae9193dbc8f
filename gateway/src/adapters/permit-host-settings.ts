/** What the gateway makes of a host's documents. Pure. */
import { hostRequires, reaches, serverRequires, toolRequires } from "@permit-mcp-gateway/policies";
import type { HostSettings, ServerSettings, ToolSettings } from "../deps.ts";
import { supportedFeatures } from "../features.ts";
import type { HostSnapshot, ServerSnapshot } from "./permit-host-snapshot.ts";

/**
 * What is required and not to be had. The attributes are looked at beside `requires`, because an object that was made
 * by hand may say the one without the other.
 */
function unsupportedOf({ readWith }: HostSnapshot, ...required: (readonly string[])[]): readonly string[] {
  const supported = new Set(supportedFeatures.filter((feature) => readWith.includes(feature)));
  return [...new Set(required.flat())].filter((feature) => !supported.has(feature));
}

/** The server's tools by exact name; undefined when two actions claim one name: which trust holds would be chance. */
function toTools(host: HostSnapshot, { actions }: ServerSnapshot): ReadonlyMap<string, ToolSettings> | undefined {
  const tools = new Map<string, ToolSettings>();
  const approvalFrom = host.host.approval?.from;
  for (const [action, { tool: name, trust, approval, digest, requires }] of Object.entries(actions)) {
    if (tools.has(name)) return undefined;
    const rules = [approval, approvalFrom !== undefined && reaches(trust, approvalFrom)].filter(Boolean);
    const unsupported = unsupportedOf(host, requires, toolRequires({ approval: rules }));
    tools.set(name, { name, action, trust, unsupported, digest });
  }
  return tools;
}

function toServer(host: HostSnapshot, key: string, snapshot: ServerSnapshot): ServerSettings | undefined {
  const tools = toTools(host, snapshot);
  if (tools === undefined) return undefined;
  const { attributes } = snapshot;
  return {
    key,
    name: attributes.name,
    description: attributes.description,
    upstreamUrl: attributes.upstream_url,
    auth: attributes.auth,
    tools,
    unsupported: unsupportedOf(host, attributes.requires, serverRequires(attributes)),
    listTools: attributes.list_tools,
    resources: attributes.resources,
    prompts: attributes.prompts,
    methods: new Map(Object.entries(attributes.methods)),
    timeoutSeconds: attributes.timeout_seconds,
    consentDays: attributes.consent_days,
    grantTerms: new Map(Object.entries(attributes.grant_terms)),
  };
}

/** The settings of a snapshot. A server with an ambiguous tool is left out; `onRefused` is told. */
export function toSettings(
  hostKey: string,
  snapshot: HostSnapshot,
  onRefused: (server: string, reason: string) => void,
): HostSettings {
  const { host } = snapshot;
  const servers = new Map<string, ServerSettings>();
  for (const key of host.servers) {
    const documents = snapshot.servers[key];
    if (documents === undefined) continue;
    const server = toServer(snapshot, key, documents);
    if (server === undefined) onRefused(key, "Two actions stand for one tool name.");
    else servers.set(key, server);
  }
  const {
    name,
    sign_in: signIn,
    sessions,
    rate_limits: rateLimits,
    dynamic_servers: dynamicServers,
    clients,
    audit,
  } = host;
  const required = hostRequires({ signIn, dynamicServers, clients, rateLimits, audit });
  const unsupported = unsupportedOf(snapshot, host.requires, required);
  return { key: hostKey, name, signIn, sessions, rateLimits, clients, unsupported, servers };
}
