/** The Pulumi program: one stack is one host, or a platform in AWS that several hosts share. */
import { fileURLToPath } from "node:url";
import { readStackConfig, type StackConfig } from "./config.ts";
import { environmentOf } from "./host/environment-of.ts";
import { provisionHost } from "./host/provision-host.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

async function run(config: StackConfig) {
  if (config.form === "platform") {
    const { addPlatform } = await import("./aws/index.ts");
    return { platform: addPlatform({ ...config, root }) };
  }
  const host = await provisionHost(root, config.host);
  const { environmentKey } = host;
  const environment = environmentOf(host, config.host);
  if (config.form === "host-elsewhere") {
    const { dataDir, ...place } = config.elsewhere;
    const gatewayVariables = environment.variablesAt({ ...place, database: { dataDir } });
    return { environmentKey, gatewayVariables, gatewaySecrets: environment.secrets };
  }
  // Loaded here only: a stack that is not in AWS needs neither its provider nor its credentials.
  const { addGateway } = await import("./aws/index.ts");
  return { environmentKey, ...addGateway({ ...config, root, provisioned: host, environment }) };
}

export const {
  /** What hosts import from the stack of a shared platform. */
  platform,
  /** API key of the host's Permit environment. Secret. */
  environmentKey,
  /** Of a host outside AWS: the gateway's variables, those that anyone may see who may see the stack, and the secret ones. */
  gatewayVariables,
  gatewaySecrets,
  /** Of a host in AWS: where clients reach it, what its name must lead to, and where to look. */
  url,
  loadBalancer,
  dashboard,
  auditLogGroup,
  auditArchive,
}: Partial<Record<string, unknown>> = await run(readStackConfig());
