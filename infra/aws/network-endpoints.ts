import * as ec2 from "@pulumi/aws/ec2/index.js";
import * as vpc from "@pulumi/aws/vpc/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf } from "./account.ts";
import { policyDocument, type Statement } from "./policy-document.ts";

export interface NetworkEndpointsArgs {
  readonly account: Account;
  readonly vpcId: pulumi.Input<string>;
  readonly cidr: string;
  /** Tables that lead to S3. */
  readonly routeTableIds: readonly pulumi.Input<string>[];
  /** Subnets for the endpoints that are interfaces; left out: none, these services are reached through the NAT. */
  readonly subnetIds: readonly pulumi.Input<string>[] | undefined;
}

/** What may be done through the endpoints: what tasks do, with credentials of this account. */
function interfaceStatements(account: Account): Readonly<Record<string, readonly Statement[]>> {
  const ofThisAccount = (sid: string, actions: string[], resources: pulumi.Input<string>): Statement => ({
    sid,
    principals: "*",
    actions,
    resources,
    // A stolen task can't carry data to another account through the endpoint.
    conditions: { StringEquals: { "aws:PrincipalAccount": account.id } },
  });
  const registry = [
    ofThisAccount("Token", ["ecr:GetAuthorizationToken"], "*"),
    ofThisAccount(
      "Pull",
      ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      arnOf(account, "ecr", "repository/*"),
    ),
  ];
  return {
    "ecr.api": registry,
    "ecr.dkr": registry,
    logs: [
      ofThisAccount(
        "Write",
        ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        arnOf(account, "logs", "log-group:*"),
      ),
    ],
    secretsmanager: [
      ofThisAccount("Read", ["secretsmanager:GetSecretValue"], arnOf(account, "secretsmanager", "secret:*")),
    ],
  };
}

/** Ways to AWS's services that don't leave the network. */
export class NetworkEndpoints extends pulumi.ComponentResource {
  constructor(name: string, args: NetworkEndpointsArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:NetworkEndpoints", name, {}, options);
    const { account, vpcId } = args;
    const own = { parent: this };
    const serviceName = (service: string) => pulumi.interpolate`com.amazonaws.${account.region}.${service}`;
    new ec2.VpcEndpoint(
      `${name}-s3`,
      {
        vpcId,
        serviceName: serviceName("s3"),
        vpcEndpointType: "Gateway",
        routeTableIds: [...args.routeTableIds],
        policy: policyDocument([
          {
            // ECR keeps layers in a bucket of its own and hands out signed addresses: the principal is ECR's.
            sid: "LayersOfImages",
            principals: "*",
            actions: "s3:GetObject",
            resources: pulumi.interpolate`arn:${account.partition}:s3:::prod-${account.region}-starport-layer-bucket/*`,
          },
        ]),
      },
      own,
    );
    if (args.subnetIds !== undefined) {
      const description = "Endpoints of AWS services";
      const group = new ec2.SecurityGroup(name, { vpcId, description }, own);
      new vpc.SecurityGroupIngressRule(
        name,
        {
          securityGroupId: group.id,
          description: "HTTPS from this network",
          ...{ cidrIpv4: args.cidr, ipProtocol: "tcp", fromPort: 443, toPort: 443 },
        },
        own,
      );
      for (const [service, statements] of Object.entries(interfaceStatements(account))) {
        new ec2.VpcEndpoint(
          `${name}-${service.replace(".", "-")}`,
          {
            vpcId,
            serviceName: serviceName(service),
            vpcEndpointType: "Interface",
            privateDnsEnabled: true,
            subnetIds: [...args.subnetIds],
            securityGroupIds: [group.id],
            policy: policyDocument(statements),
          },
          own,
        );
      }
    }
    this.registerOutputs();
  }
}
