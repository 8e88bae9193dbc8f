import * as ec2 from "@pulumi/aws/ec2/index.js";
import * as vpc from "@pulumi/aws/vpc/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface ServiceNetworkArgs {
  readonly vpcId: pulumi.Input<string>;
  readonly port: number;
  readonly loadBalancerGroupId: pulumi.Input<string>;
  /** Ports of upstream servers, and of Permit. */
  readonly upstreamPorts: readonly number[];
  /** A security group that lets tasks in, or the addresses of somebody else's database. */
  readonly database:
    | pulumi.Output<{ readonly securityGroupId: string; readonly port: number }>
    | { readonly cidrs: readonly string[]; readonly port: number };
}

/** Who tasks talk to: the load balancer comes in, on one port; out goes HTTPS, and the database's port to the database. */
export class ServiceNetwork extends pulumi.ComponentResource {
  readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: ServiceNetworkArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:ServiceNetwork", name, {}, options);
    const own = { parent: this };
    const { port, loadBalancerGroupId, database } = args;
    const group = new ec2.SecurityGroup(name, { vpcId: args.vpcId, description: "Tasks of the gateway" }, own);
    const tcp = (port: pulumi.Input<number>) => ({ ipProtocol: "tcp", fromPort: port, toPort: port });
    new vpc.SecurityGroupIngressRule(
      `${name}-load-balancer`,
      {
        securityGroupId: group.id,
        referencedSecurityGroupId: loadBalancerGroupId,
        description: "Load balancer",
        ...tcp(port),
      },
      own,
    );
    new vpc.SecurityGroupEgressRule(
      `${name}-load-balancer`,
      {
        securityGroupId: loadBalancerGroupId,
        referencedSecurityGroupId: group.id,
        description: "Tasks of a host",
        ...tcp(port),
      },
      own,
    );
    for (const upstream of args.upstreamPorts) {
      const description = "MCP servers, Permit and AWS";
      new vpc.SecurityGroupEgressRule(
        `${name}-upstream-${upstream}`,
        { securityGroupId: group.id, cidrIpv4: "0.0.0.0/0", description, ...tcp(upstream) },
        own,
      );
    }
    if (!pulumi.Output.isInstance(database)) {
      for (const [index, cidrIpv4] of database.cidrs.entries()) {
        new vpc.SecurityGroupEgressRule(
          `${name}-database-${index + 1}`,
          { securityGroupId: group.id, cidrIpv4, description: "Database", ...tcp(database.port) },
          own,
        );
      }
    } else {
      new vpc.SecurityGroupEgressRule(
        `${name}-database`,
        {
          securityGroupId: group.id,
          referencedSecurityGroupId: database.securityGroupId,
          description: "Database",
          ...tcp(database.port),
        },
        own,
      );
      new vpc.SecurityGroupIngressRule(
        `${name}-database`,
        {
          securityGroupId: database.securityGroupId,
          referencedSecurityGroupId: group.id,
          description: "Tasks of a host",
          ...tcp(database.port),
        },
        own,
      );
    }
    this.securityGroupId = group.id;
    this.registerOutputs({ securityGroupId: this.securityGroupId });
  }
}
