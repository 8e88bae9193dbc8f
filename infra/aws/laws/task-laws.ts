import { z } from "zod";
import { gatewayPlainNames, gatewaySecretNames } from "../../gateway-variables.ts";
import { secretValues } from "../testing/run-stack.ts";
import { containersOf, isSecret, type Law, ofType, plain } from "./law.ts";

const known: ReadonlySet<string> = new Set([...gatewayPlainNames, ...gatewaySecretNames]);
const secretNames: ReadonlySet<string> = new Set(gatewaySecretNames);
const values = [
  ...Object.values(secretValues),
  "account-password",
  "mail-password",
  "environment-key",
  "registry-password",
];

/** Secrets come from Secrets Manager, and are nowhere else: not in a variable, a tag, a description or a policy. */
export const secretsAreSecret: Law = (stack) => [
  ...containersOf(stack).flatMap(({ name, environment, secrets }) => [
    ...environment
      .filter(({ name }) => secretNames.has(name) || /PASSWORD|SECRET(?!S_PREFIX$)|TOKEN|API_KEY|CREDENTIAL/.test(name))
      .map((variable) => `${name} has ${variable.name} in the open`),
    ...secrets
      .filter(({ valueFrom }) => !valueFrom.startsWith("arn:aws:secretsmanager:"))
      .map((variable) => `${name} has ${variable.name} from elsewhere`),
  ]),
  ...stack.all.flatMap(({ name, inputs }) => {
    const open = JSON.stringify(inputs, (_key, value: unknown) => (isSecret(value) ? "secret" : value));
    return values.filter((value) => open.includes(value)).map((value) => `${name} has ${value} in the open`);
  }),
];

/** Tasks run one image by its digest, as nobody, with nothing to write to and nothing to gain. */
export const lockedContainers: Law = (stack) =>
  containersOf(stack).flatMap((container) => {
    const { name } = container;
    const ours = name !== "decision-point";
    const problems = {
      "is not named by its digest": !/@sha256:[0-9a-f]{64}$/.test(container.image),
      "runs as root": /^(0|root)(:|$)/.test(container.user),
      "is privileged": container.privileged !== false,
      "keeps capabilities": container.linuxParameters.capabilities.drop.join() !== "ALL",
      // Permit's own image writes below its folders; it is not known to run without.
      "has a disk to write to": ours && container.readonlyRootFilesystem !== true,
      "logs elsewhere":
        container.logConfiguration.options["awslogs-group"] !== `/permit-mcp-gateway/${stack.stack}/application`,
      "is not watched": container.essential && container.healthCheck === undefined,
    };
    return Object.entries(problems)
      .filter(([, holds]) => holds)
      .map(([problem]) => `${name} ${problem}`);
  });

/** The gateway starts after what it needs, knows its variables, and is left the time to end its calls. */
export const orderOfContainers: Law = (stack) => {
  const containers = containersOf(stack);
  return containers
    .filter(({ name }) => name === "gateway")
    .flatMap(({ dependsOn, environment, secrets, stopTimeout = 30 }) => {
      const waits = dependsOn.map(({ containerName, condition }) => `${containerName} ${condition}`);
      const variables = [...environment, ...secrets].map(({ name }) => name);
      const seconds = (part: string) =>
        Number(environment.find(({ name }) => name === `SHUTDOWN_${part}_SECONDS`)?.value ?? Number.NaN);
      const hasSetup = containers.some(({ name }) => name === "database-setup");
      return [
        ...(waits.includes("decision-point HEALTHY") ? [] : ["the gateway does not wait for the decision point"]),
        ...(hasSetup && !waits.includes("database-setup SUCCESS")
          ? ["the gateway does not wait for its database"]
          : []),
        ...(hasSetup === variables.includes("DATABASE_URL") ? ["the gateway has two databases, or none"] : []),
        ...variables.filter((name) => !known.has(name)).map((name) => `the gateway does not know ${name}`),
        // It needs at most five seconds more than it is told (gateway/README.md).
        ...(seconds("DELAY") + seconds("TIMEOUT") + 5 < stopTimeout ? [] : ["the gateway is killed early"]),
      ];
    });
};

/** A deployment that doesn't come up is taken back, and nobody gets a shell in a task. */
export const safeDeployments: Law = (stack) =>
  ofType(stack, "aws:ecs/service:Service", {
    deploymentCircuitBreaker: z.object({ enable: z.boolean(), rollback: z.boolean() }),
    deploymentMinimumHealthyPercent: z.number(),
    enableExecuteCommand: z.boolean(),
  })
    .filter(
      (each) =>
        !each.deploymentCircuitBreaker.enable ||
        !each.deploymentCircuitBreaker.rollback ||
        each.deploymentMinimumHealthyPercent < 100 ||
        each.enableExecuteCommand,
    )
    .map(({ name }) => `${name} is deployed without a net`);

/** Values of secrets are marked, so that no preview and no state shows them. */
export const markedSecrets: Law = ({ all }) =>
  all
    .filter(({ type }) => type === "aws:secretsmanager/secretVersion:SecretVersion")
    .filter(({ inputs }) => !isSecret(inputs.secretString) || plain(inputs.secretString) === "")
    .map(({ name }) => `${name} shows its value, or has none`);
