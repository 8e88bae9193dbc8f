import type * as pulumi from "@pulumi/pulumi";

type Ids = pulumi.Output<readonly string[]>;

/** Where things are put in a network, made by us or found. */
export interface NetworkLayout {
  readonly vpcId: pulumi.Output<string>;
  /** Reachable from the internet: for the load balancer. */
  readonly publicSubnetIds: Ids;
  readonly publicSubnetCidrs: Ids;
  /** With a way out and none in: for tasks, and for a load balancer that is internal. */
  readonly privateSubnetIds: Ids;
  readonly privateSubnetCidrs: Ids;
  readonly databaseSubnetIds: Ids;
}
