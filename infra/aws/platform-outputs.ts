import * as pulumi from "@pulumi/pulumi";

/** What a host must know of the platform it stands on, and what a shared platform's stack exports as `platform`. */
export interface PlatformOutputs {
  readonly vpcId: string;
  readonly serviceSubnetIds: readonly string[];
  readonly loadBalancerCidrs: readonly string[];
  readonly loadBalancer: {
    readonly arnSuffix: string;
    readonly dnsName: string;
    readonly zoneId: string;
    readonly securityGroupId: string;
    readonly listenerArn: string;
  };
  readonly cluster: { readonly arn: string; readonly name: string };
  /** Left out on a platform whose hosts bring a `databaseUrl`. */
  readonly database?: PlatformDatabase | undefined;
  readonly keyArn: string;
  readonly architecture: "arm64" | "x86_64";
  readonly image: string;
  readonly imageRepositoryArn: string;
  readonly alarmTopicArn: string;
}

/** A database server on which each host makes a database of its own. */
export interface PlatformDatabase {
  readonly host: string;
  readonly port: number;
  readonly resourceId: string;
  readonly masterSecretArn: string;
  readonly securityGroupId: string;
  readonly clusterName: string;
}

/** The outputs of a shared platform's stack, by its full name: `organization/permit-mcp-gateway/stack`. */
export function referToPlatform(stack: string): pulumi.Output<PlatformOutputs> {
  const outputs = new pulumi.StackReference(stack).getOutput("platform") as pulumi.Output<PlatformOutputs | undefined>;
  return outputs.apply((platform) => {
    if (platform === undefined) {
      throw new pulumi.RunError(`The stack ${stack} has no output "platform": run \`pulumi up -s ${stack}\` first.`);
    }
    return platform;
  });
}

/** The platform's database server. Fails with what to do when it has none. */
export function platformDatabase(platform: pulumi.Output<PlatformOutputs>): pulumi.Output<PlatformDatabase> {
  return platform.apply(({ database }) => {
    if (database !== undefined) return database;
    const instead = "say service.externalDatabase and set databaseUrl, or give the platform a database";
    throw new pulumi.RunError(`The platform has no database: ${instead}.`);
  });
}
