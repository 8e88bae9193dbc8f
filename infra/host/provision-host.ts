import { resolve } from "node:path";
import { dayOf } from "@permit-mcp-gateway/policies";
import { loadHost, printDiagnostic } from "@permit-mcp-gateway/policies/load";
import * as pulumi from "@pulumi/pulumi";
import type { HostConfig } from "../config.ts";
import { Host } from "./host.ts";

/** A host that is in Permit. */
export interface ProvisionedHost {
  /** Key of its `gateway_host` instance. */
  readonly key: string;
  /** API key of its environment. Secret. */
  readonly environmentKey: pulumi.Output<string>;
  /** All of it, to wait for. */
  readonly resource: pulumi.Resource;
}

/** Reads a host's policy, below `root`, and provisions it as of today. Throws its diagnostics, when it has any errors. */
export async function provisionHost(root: string, config: HostConfig): Promise<ProvisionedHost> {
  const today = dayOf(new Date());
  const policy = loadHost(resolve(root, config.policies), today);
  if (!policy.ok) throw new pulumi.RunError(policy.diagnostics.map(printDiagnostic).join("\n"));
  for (const diagnostic of policy.diagnostics) await pulumi.log.warn(printDiagnostic(diagnostic));
  const { key } = policy.host;
  const resource = new Host(key, {
    model: policy.host,
    today,
    permitPlan: config.permitPlan,
    deletable: config.deletable,
  });
  return { key, environmentKey: resource.environmentKey, resource };
}
