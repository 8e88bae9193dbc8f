import * as ecs from "@pulumi/aws/ecs/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface ClusterArgs {
  /** The key's policy names the cluster, which must therefore have this name. */
  readonly clusterName: string;
  /** Encrypts the disks of the tasks. */
  readonly kmsKeyArn: pulumi.Input<string>;
}

/** Where tasks run. */
export class Cluster extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly clusterName: pulumi.Output<string>;

  constructor(name: string, args: ClusterArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:Cluster", name, {}, options);
    const cluster = new ecs.Cluster(
      name,
      {
        name: args.clusterName,
        // It writes a log group of its own, without our key; the alarms use what ECS and the load balancer give anyway.
        settings: [{ name: "containerInsights", value: "disabled" }],
        configuration: {
          managedStorageConfiguration: { fargateEphemeralStorageKmsKeyId: args.kmsKeyArn },
        },
      },
      { parent: this },
    );
    this.arn = cluster.arn;
    this.clusterName = cluster.name;
    this.registerOutputs({ arn: this.arn, clusterName: this.clusterName });
  }
}
