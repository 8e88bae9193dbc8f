/** The attributes of Permit objects through which the gateway reads a host. */
import { hostRequires, serverRequires, toolRequires } from "./features.ts";
import type { HostAttributes, ServerAttributes, ToolAttributes } from "./host-settings.ts";
import type { GrantModel, HostModel, ServerModel, ToolModel } from "./model.ts";
import { profileKey } from "./permit-keys.ts";
import type { CallAudit } from "./schema/audit.ts";
import { hostFileSchema } from "./schema/host-file.ts";
import { maxAnswerMegabytesDefault } from "./schema/server-file.ts";

/** Leaves out what has the value that reading fills in anyway. */
function withoutDefaults<T extends object>(attributes: T, defaults: Readonly<Record<string, unknown>>): T {
  const changed = Object.entries(attributes).filter(
    ([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[name]),
  );
  return Object.fromEntries(changed) as T;
}

/** What a place says of the audit of calls; undefined: nothing. */
function saidAudit(audit: CallAudit): CallAudit | undefined {
  const said = withoutDefaults(audit, { redact: [] });
  return Object.keys(said).length === 0 ? undefined : said;
}

/** Attributes of a tool's action. */
export function toolAttributes(tool: ToolModel): ToolAttributes {
  const attributes = {
    tool: tool.name,
    trust: tool.trust,
    approval: tool.approval.length > 0,
    digest: tool.definition?.digest,
    timeout_seconds: tool.timeoutSeconds,
    rate_limit: tool.rateLimit,
    audit: saidAudit(tool.audit),
    requires: [...toolRequires(tool)],
  };
  return withoutDefaults(attributes, { approval: false, requires: [] });
}

/** The grants of humans of whom a server's tuples don't say it all, by profile. */
function grantTerms(grants: readonly GrantModel[]): NonNullable<ServerAttributes["grant_terms"]> {
  const byHuman = Map.groupBy(grants, ({ human }) => human);
  const terms = [...byHuman].filter(([, all]) => all.some((grant) => grant.until ?? grant.consentDays));
  return Object.fromEntries(
    terms.map(([human, all]) => [
      profileKey(human),
      all.map(({ ceiling, until, consentDays }) => withoutDefaults({ ceiling, until, consent_days: consentDays }, {})),
    ]),
  ) as NonNullable<ServerAttributes["grant_terms"]>;
}

/** Attributes of a server's instance; `grants` are those of this server. */
export function serverAttributes(server: ServerModel, grants: readonly GrantModel[]): ServerAttributes {
  const attributes = {
    name: server.name,
    description: server.description,
    upstream_url: server.url,
    mcp_server_type: server.url === undefined ? "dynamic" : undefined,
    transport: server.transport,
    auth: server.auth,
    timeout_seconds: server.timeoutSeconds,
    max_answer_megabytes: server.maxAnswerMegabytes,
    list_tools: server.listTools,
    resources: server.resources,
    prompts: server.prompts,
    methods: server.methods,
    consent_days: server.consentDays,
    rate_limit: server.rateLimit,
    audit: saidAudit(server.audit),
    grant_terms: grantTerms(grants),
    requires: [...serverRequires(server)],
  };
  const defaults = {
    transport: { type: "http" },
    auth: { type: "none" },
    max_answer_megabytes: maxAnswerMegabytesDefault,
    list_tools: "effective",
    resources: "low",
    prompts: "low",
    methods: {},
    grant_terms: {},
    requires: [],
  };
  return withoutDefaults(attributes, defaults) as ServerAttributes;
}

const { approval, sessions, rateLimits, audit, dynamicServers, clients } = hostFileSchema.shape;
const hostDefaults = {
  approval: approval.parse(undefined),
  sessions: sessions.parse(undefined),
  rate_limits: rateLimits.parse(undefined),
  audit: audit.parse(undefined),
  dynamic_servers: dynamicServers.parse(undefined),
  clients: clients.parse(undefined),
  requires: [],
};

/** Attributes of the `gateway_host` instance; `revision` stands for all objects of its servers. */
export function hostAttributes(host: HostModel, revision: string): HostAttributes {
  const attributes = {
    name: host.name,
    servers: host.servers.map((server) => server.key),
    sign_in: host.signIn,
    approval: host.approval,
    sessions: host.sessions,
    rate_limits: host.rateLimits,
    audit: host.audit,
    dynamic_servers: host.dynamicServers,
    clients: host.clients,
    revision,
    requires: [...hostRequires(host)],
  };
  return withoutDefaults(attributes, hostDefaults) as HostAttributes;
}
