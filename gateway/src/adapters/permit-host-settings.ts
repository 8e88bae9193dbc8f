/** What the gateway makes of a host's documents. Pure. */
import {
  argumentAudit,
  dynamicServersKey,
  hostRequires,
  reaches,
  serverRequires,
  toolRequires,
} from "@permit-mcp-gateway/policies";
import type { HostSettings, ServerRules, ServerSettings, ToolSettings } from "../deps/host-settings.ts";
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
function toTools(
  host: HostSnapshot,
  { actions, attributes }: ServerSnapshot,
): ReadonlyMap<string, ToolSettings> | undefined {
  const tools = new Map<string, ToolSettings>();
  const approvalFrom = host.host.approval?.from;
  for (const [action, tool] of Object.entries(actions)) {
    const { tool: name, trust, approval: own, digest, rate_limit: rateLimit, requires } = tool;
    const timeoutSeconds = tool.timeout_seconds;
    if (tools.has(name)) return undefined;
    const rules = [own, approvalFrom !== undefined && reaches(trust, approvalFrom)].filter(Boolean);
    const approval = rules.length > 0 || requires.includes("approval");
    const unsupported = unsupportedOf(host, requires, toolRequires({ approval: rules, rateLimit, audit: tool.audit }));
    const audit = argumentAudit(host.host.audit, attributes.audit, tool.audit);
    tools.set(name, { name, action, trust, approval, unsupported, digest, timeoutSeconds, rateLimit, audit });
  }
  return tools;
}

/** What the policy says of a server beside its address. */
function toRules(host: HostSnapshot, { attributes }: ServerSnapshot, tools: ServerSettings["tools"]): ServerRules {
  const rateLimit = attributes.rate_limit;
  return {
    name: attributes.name,
    description: attributes.description,
    transport: attributes.transport,
    auth: attributes.auth,
    tools,
    unsupported: unsupportedOf(host, attributes.requires, serverRequires({ ...attributes, rateLimit })),
    listTools: attributes.list_tools,
    resources: attributes.resources,
    prompts: attributes.prompts,
    methods: new Map(Object.entries(attributes.methods)),
    timeoutSeconds: attributes.timeout_seconds,
    maxAnswerBytes: attributes.max_answer_megabytes * 1_000_000,
    consentDays: attributes.consent_days,
    rateLimit,
    grantTerms: new Map(Object.entries(attributes.grant_terms)),
  };
}

/** The servers by key, and the rules for those that humans enter. What can't be used is left out; `onRefused` is told. */
function toServers(snapshot: HostSnapshot, onRefused: (server: string, reason: string) => void) {
  const servers = new Map<string, ServerSettings>();
  let dynamicRules: ServerRules | undefined;
  for (const key of snapshot.host.servers) {
    const documents = snapshot.servers[key];
    if (documents === undefined) continue;
    const tools = toTools(snapshot, documents);
    if (tools === undefined) {
      onRefused(key, "Two actions stand for one tool name.");
      continue;
    }
    const rules = toRules(snapshot, documents, tools);
    const { upstream_url: upstreamUrl } = documents.attributes;
    // What a human enters is an address, whatever the document says.
    if (key === dynamicServersKey) dynamicRules = { ...rules, transport: { type: "http" } };
    else if (upstreamUrl === undefined) onRefused(key, "It has no URL.");
    else servers.set(key, { key, upstreamUrl, enteredBy: undefined, ...rules });
  }
  return { servers, dynamicRules };
}

/** The settings of a snapshot. A server with an ambiguous tool or without a URL is left out; `onRefused` is told. */
export function toSettings(
  hostKey: string,
  snapshot: HostSnapshot,
  onRefused: (server: string, reason: string) => void,
): HostSettings {
  const { host } = snapshot;
  const { servers, dynamicRules } = toServers(snapshot, onRefused);
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
  const dynamic =
    dynamicServers.enabled && dynamicRules !== undefined ? { ...dynamicServers, rules: dynamicRules } : undefined;
  const kept = { retentionDays: audit.retentionDays, lowCalls: audit.lowCalls };
  const settings = { key: hostKey, name, signIn, sessions, rateLimits, clients, audit: kept };
  return { ...settings, unsupported, servers, dynamicServers: dynamic };
}
