import * as ecs from "@pulumi/aws/ecs/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface ServiceArgs {
  readonly clusterArn: pulumi.Input<string>;
  readonly taskDefinitionArn: pulumi.Input<string>;
  readonly subnetIds: pulumi.Input<readonly string[]>;
  readonly securityGroupId: pulumi.Input<string>;
  readonly targetGroupArn: pulumi.Input<string>;
  readonly port: number;
  /** At the start; from then on the autoscaling decides. */
  readonly tasks: number;
}

/** Keeps tasks running, and replaces them one by one when something changed. */
export class Service extends pulumi.ComponentResource {
  readonly serviceName: pulumi.Output<string>;

  constructor(name: string, args: ServiceArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:Service", name, {}, options);
    const service = new ecs.Service(
      name,
      {
        cluster: args.clusterArn,
        taskDefinition: args.taskDefinitionArn,
        desiredCount: args.tasks,
        launchType: "FARGATE",
        platformVersion: "LATEST",
        networkConfiguration: {
          subnets: pulumi.output(args.subnetIds).apply((ids) => [...ids]),
          securityGroups: [args.securityGroupId],
          assignPublicIp: false,
        },
        loadBalancers: [{ targetGroupArn: args.targetGroupArn, containerName: "gateway", containerPort: args.port }],
        // Never fewer than before: new tasks take requests before old ones go.
        deploymentMinimumHealthyPercent: 100,
        deploymentMaximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
        availabilityZoneRebalancing: "ENABLED",
        healthCheckGracePeriodSeconds: 180,
        enableExecuteCommand: false,
        enableEcsManagedTags: true,
        propagateTags: "SERVICE",
        // `pulumi up` fails when the new tasks don't come up, instead of leaving that to whoever looks.
        waitForSteadyState: true,
      },
      {
        parent: this,
        ignoreChanges: ["desiredCount"],
        customTimeouts: { create: "30m", update: "30m", delete: "30m" },
      },
    );
    this.serviceName = service.name;
    this.registerOutputs({ serviceName: this.serviceName });
  }
}
