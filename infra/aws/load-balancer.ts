import * as ec2 from "@pulumi/aws/ec2/index.js";
import * as lb from "@pulumi/aws/lb/index.js";
import * as vpc from "@pulumi/aws/vpc/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf } from "./account.ts";
import type { PlatformSettings } from "./platform-settings.ts";
import { PrivateBucket } from "./private-bucket.ts";

type LoadBalancerSettings = PlatformSettings["loadBalancer"];

export interface LoadBalancerArgs extends LoadBalancerSettings {
  readonly account: Account;
  readonly vpcId: pulumi.Input<string>;
  readonly subnetIds: pulumi.Input<readonly string[]>;
  /** For a client that names none of the hosts. */
  readonly certificateArn: pulumi.Input<string>;
  readonly logRetentionDays: number;
  readonly protect: boolean;
}

/**
 * The only way in: HTTPS, and HTTP that is sent there. It answers nothing by itself; hosts add rules for their names, and
 * the way to their tasks to its security group.
 */
export class LoadBalancer extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  /** Dimension of its metrics. */
  readonly arnSuffix: pulumi.Output<string>;
  readonly dnsName: pulumi.Output<string>;
  readonly zoneId: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;
  readonly listenerArn: pulumi.Output<string>;

  constructor(name: string, args: LoadBalancerArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:LoadBalancer", name, {}, options);
    const { account } = args;
    const own = { parent: this };
    const group = new ec2.SecurityGroup(name, { vpcId: args.vpcId, description: "Load balancer of the gateway" }, own);
    for (const [index, cidrIpv4] of args.allowedCidrs.entries()) {
      for (const [label, port] of [
        ["https", 443],
        ["http", 80],
      ] as const) {
        new vpc.SecurityGroupIngressRule(
          `${name}-${label}-${index + 1}`,
          {
            securityGroupId: group.id,
            description: port === 443 ? "Clients" : "Clients that are sent on to HTTPS",
            ...{ cidrIpv4, ipProtocol: "tcp", fromPort: port, toPort: port },
          },
          own,
        );
      }
    }
    const logs = new PrivateBucket(
      `${name}-logs`,
      {
        // Load balancers can write to buckets with S3's own keys only.
        expirationDays: args.logRetentionDays,
        protect: false,
        emptied: !args.protect,
        statements: (bucket) => [
          {
            sid: "AccessLogs",
            principals: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
            actions: "s3:PutObject",
            resources: pulumi.interpolate`${bucket}/AWSLogs/${account.id}/*`,
            conditions: {
              StringEquals: { "aws:SourceAccount": account.id },
              ArnLike: { "aws:SourceArn": arnOf(account, "elasticloadbalancing", "loadbalancer/app/*") },
            },
          },
        ],
      },
      own,
    );
    const balancer = new lb.LoadBalancer(
      name,
      {
        loadBalancerType: "application",
        internal: args.internal,
        securityGroups: [group.id],
        subnets: pulumi.output(args.subnetIds).apply((ids) => [...ids]),
        idleTimeout: args.idleTimeoutSeconds,
        // Two parsers that read one request differently are how requests are smuggled: what isn't plain is refused.
        desyncMitigationMode: "strictest",
        dropInvalidHeaderFields: true,
        // The gateway believes the last address only, which is the one that the load balancer wrote.
        xffHeaderProcessingMode: "append",
        enableHttp2: true,
        enableWafFailOpen: false,
        enableDeletionProtection: args.protect,
        accessLogs: { enabled: true, bucket: logs.bucketName },
      },
      own,
    );
    const listener = new lb.Listener(
      `${name}-https`,
      {
        loadBalancerArn: balancer.arn,
        port: 443,
        protocol: "HTTPS",
        // TLS 1.3 and 1.2 with forward secrecy and authenticated encryption, post-quantum key exchange where clients have it.
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        certificateArn: args.certificateArn,
        routingHttpResponseServerEnabled: false,
        defaultActions: [
          {
            type: "fixed-response",
            fixedResponse: { contentType: "text/plain", messageBody: "No host of this name.", statusCode: "421" },
          },
        ],
      },
      own,
    );
    new lb.Listener(
      `${name}-http`,
      {
        loadBalancerArn: balancer.arn,
        port: 80,
        protocol: "HTTP",
        routingHttpResponseServerEnabled: false,
        defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
      },
      own,
    );
    this.arn = balancer.arn;
    this.arnSuffix = balancer.arnSuffix;
    this.dnsName = balancer.dnsName;
    this.zoneId = balancer.zoneId;
    this.securityGroupId = group.id;
    this.listenerArn = listener.arn;
    this.registerOutputs({ arn: this.arn, dnsName: this.dnsName, listenerArn: this.listenerArn });
  }
}
