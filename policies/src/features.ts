/**
 * What a gateway must be able to do for a policy to hold. The plan writes these names beside what needs them, as
 * `requires`; a gateway refuses whatever requires something that it does not know. So a gateway older than its policy
 * refuses a call instead of letting it pass without, say, its approval.
 */
import type { HostModel, ServerModel, ToolModel } from "./model.ts";
import { defaultRateLimits } from "./schema/host-file.ts";
import { signInMethods } from "./schema/sign-in.ts";

/** Of one tool: without them its calls are refused. */
export function toolRequires(tool: ToolModel): readonly string[] {
  return tool.approval.length > 0 ? ["approval"] : [];
}

/** Of one server: without them nothing of it can be used. */
export function serverRequires(server: ServerModel): readonly string[] {
  return server.auth.type === "none" ? [] : [`upstream-${server.auth.type}`];
}

/** Of the host: without them nobody can use it. */
export function hostRequires(host: HostModel): readonly string[] {
  const { signIn } = host;
  const methods = signInMethods.filter((method) => method !== "password" && signIn[method]?.enabled === true);
  const limited = signIn.domains !== undefined || signInMethods.some((method) => signIn[method]?.domains !== undefined);
  const defaults = { retentionDays: 365, arguments: "none" };
  return [
    ...methods.map((method) => `sign-in-${method}`),
    ...(limited ? ["sign-in-domains"] : []),
    ...(host.dynamicServers.enabled ? ["dynamic-servers"] : []),
    ...(JSON.stringify(host.rateLimits) === JSON.stringify(defaultRateLimits) ? [] : ["rate-limits"]),
    ...(host.audit.arguments === defaults.arguments ? [] : ["audit-arguments"]),
    ...(host.audit.retentionDays === defaults.retentionDays ? [] : ["audit-retention"]),
  ];
}
