import * as ecs from "@pulumi/aws/ecs/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./account.ts";

type Environment = pulumi.Input<Readonly<Record<string, string>>>;
type Values = Readonly<Record<string, pulumi.Input<string>>>;

export interface TaskDefinitionArgs {
  readonly account: Account;
  readonly family: string;
  readonly architecture: pulumi.Input<"arm64" | "x86_64">;
  readonly cpu: number;
  readonly memoryMb: number;
  readonly executionRoleArn: pulumi.Input<string>;
  readonly taskRoleArn: pulumi.Input<string>;
  readonly logGroupName: pulumi.Input<string>;
  readonly gateway: {
    readonly image: pulumi.Input<string>;
    readonly port: number;
    readonly environment: Environment;
    /** Versions of secrets, by variable. */
    readonly secrets: Values;
  };
  readonly decisionPoint: {
    readonly image: pulumi.Input<string>;
    readonly environment: Environment;
    readonly secrets: Values;
  };
  /** Makes the host's database before the gateway starts; left out: the database is somebody else's. */
  readonly databaseSetup?: { readonly environment: Environment; readonly secrets: Values } | undefined;
}

/** Where the decision point listens: on the task's own loopback, which no other task reaches. */
export const decisionPointUrl = "http://127.0.0.1:7000";

/** What ECS waits for a container to end by itself: the most that Fargate has. */
const stopTimeoutSeconds = 120;
/** The load balancer has stopped sending before ECS says SIGTERM; the delay is for what it had sent already. */
export const shutdown = { delaySeconds: 5, timeoutSeconds: 105 };

const pairs = (values: Readonly<Record<string, pulumi.Input<string>>>, key: "value" | "valueFrom") =>
  Object.entries(values)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => ({ name, [key]: value }));

const variables = (environment: Environment) => pulumi.output(environment).apply((plain) => pairs(plain, "value"));

/** One task: the gateway, its decision point, and what prepares the database before both serve. */
export class TaskDefinition extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: TaskDefinitionArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:TaskDefinition", name, {}, options);
    const { gateway, decisionPoint, databaseSetup } = args;
    const logConfiguration = {
      logDriver: "awslogs",
      options: {
        "awslogs-group": args.logGroupName,
        "awslogs-region": args.account.region,
        "awslogs-stream-prefix": "task",
        // Lines wait in memory while CloudWatch is slow: calls go on. Audit records take another way.
        mode: "non-blocking",
        "max-buffer-size": "8m",
      },
    };
    // A process that is taken over finds nothing to raise its rights with and no file to change.
    const locked = {
      readonlyRootFilesystem: true,
      privileged: false,
      user: "10001:10001",
      linuxParameters: { capabilities: { drop: ["ALL"] }, initProcessEnabled: false },
    };
    const setup = databaseSetup && {
      ...locked,
      name: "database-setup",
      image: gateway.image,
      command: ["database-setup.js"],
      essential: false,
      environment: variables(databaseSetup.environment),
      secrets: pairs(databaseSetup.secrets, "valueFrom"),
      logConfiguration,
    };
    const containers = [
      {
        ...locked,
        name: "gateway",
        image: gateway.image,
        essential: true,
        portMappings: [{ containerPort: gateway.port, hostPort: gateway.port, protocol: "tcp" }],
        environment: variables(gateway.environment),
        secrets: pairs(gateway.secrets, "valueFrom"),
        healthCheck: {
          command: ["CMD", "node", "health-check.js"],
          ...{ interval: 10, timeout: 5, retries: 3, startPeriod: 60 },
        },
        dependsOn: [
          { containerName: "decision-point", condition: "HEALTHY" },
          ...(setup === undefined ? [] : [{ containerName: "database-setup", condition: "SUCCESS" }]),
        ],
        stopTimeout: stopTimeoutSeconds,
        logConfiguration,
      },
      {
        name: "decision-point",
        image: decisionPoint.image,
        // A gateway without decisions refuses every call: another task is better.
        essential: true,
        // No port mapping: port 7000, and OPA's 8181 that asks for no key, are for this task only. So is the rest of
        // the image, which is Permit's: it runs as a user of its own and writes below its own folders.
        privileged: false,
        user: "1000",
        linuxParameters: { capabilities: { drop: ["ALL"] } },
        environment: variables(decisionPoint.environment),
        secrets: pairs(decisionPoint.secrets, "valueFrom"),
        healthCheck: {
          // The image has Python, which its server is written in, and no curl.
          command: [
            ...["CMD", "python3", "-c"],
            `import urllib.request as r; r.urlopen("${decisionPointUrl}/healthy", timeout=4)`,
          ],
          ...{ interval: 10, timeout: 5, retries: 5, startPeriod: 120 },
        },
        // Stopped after the gateway, which depends on it and asks it to the last call.
        stopTimeout: stopTimeoutSeconds,
        logConfiguration,
      },
      ...(setup === undefined ? [] : [setup]),
    ];
    const definition = new ecs.TaskDefinition(
      name,
      {
        family: args.family,
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        cpu: String(args.cpu),
        memory: String(args.memoryMb),
        runtimePlatform: {
          operatingSystemFamily: "LINUX",
          cpuArchitecture: pulumi.output(args.architecture).apply((architecture) => architecture.toUpperCase()),
        },
        executionRoleArn: args.executionRoleArn,
        taskRoleArn: args.taskRoleArn,
        containerDefinitions: pulumi.jsonStringify(containers),
      },
      { parent: this },
    );
    this.arn = definition.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
