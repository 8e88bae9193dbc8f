/**
 * What a gateway must be able to do for a policy to hold. The plan writes these names beside what needs them, as
 * `requires`; a gateway refuses whatever requires something that it does not know. So a gateway older than its policy
 * refuses a call instead of letting it pass without, say, its approval.
 */
import type { HostModel, ServerModel, ToolModel } from "./model.ts";
import type { CallAudit } from "./schema/audit.ts";
import { defaultClients } from "./schema/clients.ts";
import { defaultRateLimits } from "./schema/host-file.ts";
import { signInMethods } from "./schema/sign-in.ts";

// Every gateway has sign-in by password.
const furtherSignInMethods = signInMethods.filter((method) => method !== "password");

/** Every name that a plan can write. */
export const features = [
  "approval",
  "upstream-oauth",
  "upstream-header",
  "upstream-sse",
  "upstream-stdio",
  "resources-trust",
  "prompts-trust",
  "further-methods",
  ...furtherSignInMethods.map((method) => `sign-in-${method}` as const),
  "sign-in-domains",
  "dynamic-servers",
  "clients",
  "rate-limits",
  "call-limits",
  "audit-arguments",
  "audit-retention",
  "audit-before-call",
] as const;

export type Feature = (typeof features)[number];

/** Of a place that says what is recorded of arguments. Paths alone ask for nothing: they only take away. */
function auditRequires({ arguments: level = "none" }: Pick<CallAudit, "arguments">): readonly Feature[] {
  return level === "none" ? [] : ["audit-arguments"];
}

/** Of one tool: without them its calls are refused. */
export function toolRequires({
  approval,
  rateLimit,
  audit,
}: Pick<ToolModel, "rateLimit" | "audit"> & { readonly approval: readonly unknown[] }): readonly Feature[] {
  return [
    ...(approval.length > 0 ? (["approval"] as const) : []),
    ...(rateLimit === undefined ? [] : (["call-limits"] as const)),
    ...auditRequires(audit),
  ];
}

/** Of one server: without them nothing of it can be used. */
export function serverRequires({
  auth,
  transport,
  resources,
  prompts,
  methods,
  rateLimit,
  audit,
}: Pick<
  ServerModel,
  "auth" | "transport" | "resources" | "prompts" | "methods" | "rateLimit" | "audit"
>): readonly Feature[] {
  return [
    ...(auth.type === "none" ? [] : ([`upstream-${auth.type}`] as const)),
    ...(transport.type === "http" ? [] : ([`upstream-${transport.type}`] as const)),
    ...(resources === "low" ? [] : (["resources-trust"] as const)),
    ...(prompts === "low" ? [] : (["prompts-trust"] as const)),
    ...(Object.keys(methods).length === 0 ? [] : (["further-methods"] as const)),
    ...(rateLimit === undefined ? [] : (["call-limits"] as const)),
    ...auditRequires(audit),
  ];
}

/** Of the host: without them nobody can use it. */
export function hostRequires(
  host: Pick<HostModel, "signIn" | "dynamicServers" | "clients" | "rateLimits" | "audit">,
): readonly Feature[] {
  const { signIn } = host;
  const methods = furtherSignInMethods.filter((method) => signIn[method]?.enabled === true);
  const limited = signIn.domains !== undefined || signInMethods.some((method) => signIn[method]?.domains !== undefined);
  const { agent: ofAgent, ...ofAddresses } = host.rateLimits;
  return [
    ...methods.map((method) => `sign-in-${method}` as const),
    ...(limited ? (["sign-in-domains"] as const) : []),
    ...(host.dynamicServers.enabled ? (["dynamic-servers"] as const) : []),
    ...(JSON.stringify(host.clients) === JSON.stringify(defaultClients) ? [] : (["clients"] as const)),
    ...(JSON.stringify(ofAddresses) === JSON.stringify(defaultRateLimits) ? [] : (["rate-limits"] as const)),
    ...(ofAgent === undefined ? [] : (["call-limits"] as const)),
    ...auditRequires(host.audit),
    ...(host.audit.retentionDays === 365 ? [] : (["audit-retention"] as const)),
    ...(host.audit.lowCalls === "before-answer" ? [] : (["audit-before-call"] as const)),
  ];
}
