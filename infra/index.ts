/** The Pulumi program: one stack, one host. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { dayOf } from "@permit-mcp-gateway/policies";
import { loadHost, printDiagnostic } from "@permit-mcp-gateway/policies/load";
import * as pulumi from "@pulumi/pulumi";
import { readStackConfig } from "./config.ts";
import { gatewayEnvironment } from "./gateway-environment.ts";
import { Host } from "./host/host.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));

const config = readStackConfig();
const today = dayOf(new Date());
const policy = loadHost(resolve(repository, config.policies), today);
if (!policy.ok) throw new pulumi.RunError(policy.diagnostics.map(printDiagnostic).join("\n"));
for (const diagnostic of policy.diagnostics) await pulumi.log.warn(printDiagnostic(diagnostic));

const host = new Host(policy.host.key, {
  model: policy.host,
  today,
  permitPlan: config.permitPlan,
  deletable: config.deletable,
});

const environment = pulumi
  .all([host.environmentKey, config.authSecret, config.databaseUrl, config.initialAccounts])
  .apply(([permitApiKey, authSecret, databaseUrl, initialAccounts]) =>
    gatewayEnvironment({
      port: config.port,
      publicUrl: config.publicUrl,
      hostKey: policy.host.key,
      permitApiUrl: config.permitApiUrl,
      permitPdpUrl: config.permitPdpUrl,
      permitApiKey,
      database: databaseUrl === undefined ? { dataDir: config.dataDir } : { url: databaseUrl },
      authSecret,
      initialAccounts,
      logLevel: config.logLevel,
    }),
  );

/** API key of the host's Permit environment. Secret. */
export const environmentKey = host.environmentKey;
/** Variables of the gateway that may be seen by anyone who may see the stack. */
// Everything made with a secret is marked as one; these were chosen because they hold none.
export const gatewayVariables = pulumi.unsecret(environment.apply(({ plain }) => plain));
/** Variables of the gateway that are secret. */
export const gatewaySecrets = pulumi.secret(environment.apply(({ secrets }) => secrets));
