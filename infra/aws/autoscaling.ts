import * as appautoscaling from "@pulumi/aws/appautoscaling/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface AutoscalingArgs {
  readonly clusterName: pulumi.Input<string>;
  readonly serviceName: pulumi.Input<string>;
  readonly minTasks: number;
  readonly maxTasks: number;
  readonly requestsPerTaskPerMinute: number;
  readonly loadBalancerArnSuffix: pulumi.Input<string>;
  readonly targetGroupArnSuffix: pulumi.Input<string>;
}

/** More tasks when they work hard or when each gets many requests, fewer when both are over. */
export class Autoscaling extends pulumi.ComponentResource {
  constructor(name: string, args: AutoscalingArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:Autoscaling", name, {}, options);
    const target = new appautoscaling.Target(
      name,
      {
        serviceNamespace: "ecs",
        scalableDimension: "ecs:service:DesiredCount",
        resourceId: pulumi.interpolate`service/${args.clusterName}/${args.serviceName}`,
        minCapacity: args.minTasks,
        maxCapacity: args.maxTasks,
      },
      { parent: this },
    );
    const policies = {
      cpu: {
        targetValue: 60,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      },
      requests: {
        targetValue: args.requestsPerTaskPerMinute,
        predefinedMetricSpecification: {
          predefinedMetricType: "ALBRequestCountPerTarget",
          resourceLabel: pulumi.interpolate`${args.loadBalancerArnSuffix}/${args.targetGroupArnSuffix}`,
        },
      },
    };
    for (const [label, metric] of Object.entries(policies)) {
      new appautoscaling.Policy(
        `${name}-${label}`,
        {
          policyType: "TargetTrackingScaling",
          serviceNamespace: target.serviceNamespace,
          scalableDimension: target.scalableDimension,
          resourceId: target.resourceId,
          targetTrackingScalingPolicyConfiguration: { ...metric, scaleOutCooldown: 60, scaleInCooldown: 300 },
        },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}
