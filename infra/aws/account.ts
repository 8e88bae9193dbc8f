import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity.js";
import { getPartitionOutput } from "@pulumi/aws/getPartition.js";
import { getRegionOutput } from "@pulumi/aws/getRegion.js";
import * as pulumi from "@pulumi/pulumi";

/** Where a stack is deployed: what names of resources, and with them policies, are made of. */
export interface Account {
  readonly id: pulumi.Output<string>;
  readonly region: pulumi.Output<string>;
  /** `aws`, or another one such as `aws-us-gov`. */
  readonly partition: pulumi.Output<string>;
}

/** The account and region of the credentials that the stack is deployed with. */
export function readAccount(): Account {
  return {
    id: getCallerIdentityOutput().accountId,
    region: getRegionOutput().region,
    partition: getPartitionOutput().partition,
  };
}

/** Name of a resource of the account: `arnOf(account, "logs", "log-group:/x")`. */
export function arnOf(account: Account, service: string, resource: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.interpolate`arn:${account.partition}:${service}:${account.region}:${account.id}:${resource}`;
}

/** Name under which a service of the region is known to KMS (`kms:ViaService`) and as a regional principal. */
export function regionalService(account: Account, service: string): pulumi.Output<string> {
  return pulumi.interpolate`${service}.${account.region}.amazonaws.com`;
}
