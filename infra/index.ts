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

/**
 * The outputs of the stack. Of a platform what hosts import from it; of any host the API key of its Permit environment, a
 * secret; of a host outside AWS the gateway's variables, those that anyone may see who may see the stack, and the secret
 * ones; of a host in AWS where clients reach it, what its name must lead to, and where to look.
 */
// Named exports would be the same for every form, and Pulumi warns of each that has no value.
export default await run(readStackConfig());
