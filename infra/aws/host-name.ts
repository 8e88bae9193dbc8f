import * as lb from "@pulumi/aws/lb/index.js";
import { getZoneOutput } from "@pulumi/aws/route53/getZone.js";
import * as route53 from "@pulumi/aws/route53/index.js";
import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "./certificate.ts";

export interface HostNameArgs {
  readonly hostname: string;
  /** Zone to write the name into; left out: the name is made elsewhere. */
  readonly hostedZone: string | undefined;
  /** `platform`: the load balancer's own certificate is for this name too. */
  readonly certificate: "platform" | "issue" | { readonly arn: string };
  readonly listenerArn: pulumi.Input<string>;
  readonly targetGroupArn: pulumi.Input<string>;
  readonly loadBalancer: pulumi.Input<{ readonly dnsName: string; readonly zoneId: string }>;
}

/** The host's name: its certificate, what the load balancer does with it, and where it leads to. */
export class HostName extends pulumi.ComponentResource {
  /** Known when requests for the name reach the target group. */
  readonly listenerRuleArn: pulumi.Output<string>;

  constructor(name: string, args: HostNameArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:HostName", name, {}, options);
    const own = { parent: this };
    const { hostname, listenerArn, certificate } = args;
    const zoneId = args.hostedZone === undefined ? undefined : getZoneOutput({ name: args.hostedZone }, own).zoneId;
    if (certificate !== "platform") {
      if (certificate === "issue" && zoneId === undefined) throw new TypeError("A certificate is issued in a zone.");
      const certificateArn =
        certificate === "issue"
          ? new Certificate(name, { domain: hostname, zoneId: zoneId ?? "" }, own).arn
          : certificate.arn;
      new lb.ListenerCertificate(name, { listenerArn, certificateArn }, own);
    }
    const rule = new lb.ListenerRule(
      name,
      {
        listenerArn,
        conditions: [{ hostHeader: { values: [hostname] } }],
        actions: [{ type: "forward", targetGroupArn: args.targetGroupArn }],
      },
      own,
    );
    if (zoneId !== undefined) {
      const target = pulumi.output(args.loadBalancer);
      new route53.Record(
        name,
        {
          zoneId,
          name: hostname,
          type: "A",
          aliases: [{ name: target.dnsName, zoneId: target.zoneId, evaluateTargetHealth: false }],
        },
        own,
      );
    }
    this.listenerRuleArn = rule.arn;
    this.registerOutputs({ listenerRuleArn: this.listenerRuleArn });
  }
}
