import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as wafv2 from "@pulumi/aws/wafv2/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf } from "./account.ts";
import { firewallRules, visibility } from "./firewall-rules.ts";
import type { LogSettings } from "./log-settings.ts";
import { policyDocument } from "./policy-document.ts";

export interface WebFirewallArgs {
  readonly account: Account;
  readonly loadBalancerArn: pulumi.Input<string>;
  readonly requestsPer5Minutes: number;
  readonly logGroupName: string;
  readonly logs: Omit<LogSettings, "prefix">;
}

/** AWS WAF before the load balancer: floods, known attackers and known attacks. Who may do what is not its business. */
export class WebFirewall extends pulumi.ComponentResource {
  constructor(name: string, args: WebFirewallArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:WebFirewall", name, {}, options);
    const { account, logs } = args;
    const acl = new wafv2.WebAcl(
      name,
      {
        scope: "REGIONAL",
        defaultAction: { allow: {} },
        rules: firewallRules(args.requestsPer5Minutes),
        visibilityConfig: visibility("WebFirewall"),
      },
      { parent: this },
    );
    new wafv2.WebAclAssociation(name, { webAclArn: acl.arn, resourceArn: args.loadBalancerArn }, { parent: this });

    const group = new cloudwatch.LogGroup(
      name,
      {
        name: args.logGroupName,
        kmsKeyId: logs.kmsKeyArn,
        retentionInDays: logs.retentionDays,
      },
      { parent: this },
    );
    const allowed = new cloudwatch.LogResourcePolicy(
      name,
      {
        policyName: name,
        policyDocument: policyDocument([
          {
            sid: "WebFirewall",
            principals: { Service: "delivery.logs.amazonaws.com" },
            actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
            resources: pulumi.interpolate`${group.arn}:log-stream:*`,
            conditions: {
              StringEquals: { "aws:SourceAccount": account.id },
              ArnLike: { "aws:SourceArn": arnOf(account, "logs", "*") },
            },
          },
        ]),
      },
      { parent: this },
    );
    new wafv2.WebAclLoggingConfiguration(
      name,
      {
        resourceArn: acl.arn,
        logDestinationConfigs: [group.arn],
        // Access tokens, cookies, authorization codes.
        redactedFields: [
          { singleHeader: { name: "authorization" } },
          { singleHeader: { name: "cookie" } },
          { queryString: {} },
        ],
        loggingFilter: {
          defaultBehavior: "DROP",
          filters: [
            {
              behavior: "KEEP",
              requirement: "MEETS_ANY",
              conditions: [{ actionCondition: { action: "BLOCK" } }, { actionCondition: { action: "COUNT" } }],
            },
          ],
        },
      },
      { parent: this, dependsOn: allowed },
    );
    this.registerOutputs();
  }
}
