import { getSubnetOutput } from "@pulumi/aws/ec2/getSubnet.js";
import * as pulumi from "@pulumi/pulumi";
import type { NetworkLayout } from "./network-layout.ts";
import type { ExistingNetworkSettings } from "./platform-settings.ts";

/** A VPC that somebody else looks after, with its routes, flow logs and endpoints. */
export function existingNetwork(settings: ExistingNetworkSettings): NetworkLayout {
  const cidrs = (ids: readonly string[]) => pulumi.all(ids.map((id) => getSubnetOutput({ id }).cidrBlock));
  return {
    vpcId: pulumi.output(settings.vpcId),
    publicSubnetIds: pulumi.output(settings.publicSubnetIds),
    publicSubnetCidrs: cidrs(settings.publicSubnetIds),
    privateSubnetIds: pulumi.output(settings.privateSubnetIds),
    privateSubnetCidrs: cidrs(settings.privateSubnetIds),
    databaseSubnetIds: pulumi.output(settings.databaseSubnetIds ?? settings.privateSubnetIds),
  };
}
