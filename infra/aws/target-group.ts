import * as lb from "@pulumi/aws/lb/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface TargetGroupArgs {
  readonly vpcId: pulumi.Input<string>;
  readonly port: number;
}

/** The tasks of a host that take requests. */
export class TargetGroup extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly arnSuffix: pulumi.Output<string>;

  constructor(name: string, args: TargetGroupArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:TargetGroup", name, {}, options);
    const group = new lb.TargetGroup(
      name,
      {
        vpcId: args.vpcId,
        port: args.port,
        protocol: "HTTP",
        protocolVersion: "HTTP1",
        targetType: "ip",
        // A waiting call is no load; counting requests in turn would pile them up on one task.
        loadBalancingAlgorithmType: "least_outstanding_requests",
        // Calls that wait for an approval get the default five minutes to end before their task goes.
        deregistrationDelay: 330,
        healthCheck: {
          // Ready, not only alive: a task that lost its decision point or never got its policy takes no requests. It takes
          // a minute and a half to be given up, so that a failover of the database is none of all tasks.
          path: "/readyz",
          matcher: "200",
          ...{ interval: 15, timeout: 10, healthyThreshold: 2, unhealthyThreshold: 6 },
        },
      },
      { parent: this },
    );
    this.arn = group.arn;
    this.arnSuffix = group.arnSuffix;
    this.registerOutputs({ arn: this.arn });
  }
}
