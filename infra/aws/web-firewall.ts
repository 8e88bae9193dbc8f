import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import type * as inputs from "@pulumi/aws/types/input.js";
import * as wafv2 from "@pulumi/aws/wafv2/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf } from "./account.ts";
import type { LogSettings } from "./log-settings.ts";
import { policyDocument } from "./policy-document.ts";

export interface WebFirewallArgs {
  readonly account: Account;
  readonly loadBalancerArn: pulumi.Input<string>;
  readonly requestsPer5Minutes: number;
  readonly logGroupName: string;
  readonly logs: Omit<LogSettings, "prefix">;
}

type Rule = inputs.wafv2.WebAclRule;

/**
 * Rules of AWS that judge bodies, and the label that each of them leaves. The arguments of a tool call are anything a
 * human may write about, an issue on cross-site scripting or on Log4j included, so these only count, and `offMcp` blocks
 * what they labelled everywhere but on the MCP endpoint. What a call may do is decided there by the gateway.
 */
const bodyRules = {
  AWSManagedRulesCommonRuleSet: ["CrossSiteScripting", "EC2MetaDataSSRF", "GenericLFI"],
  AWSManagedRulesKnownBadInputsRuleSet: ["JavaDeserializationRCE", "Log4JRCE", "ReactJSRCE"],
} as const;
const labelPrefix = {
  AWSManagedRulesCommonRuleSet: "awswaf:managed:aws:core-rule-set:",
  AWSManagedRulesKnownBadInputsRuleSet: "awswaf:managed:aws:known-bad-inputs:",
} as const;

/** Rules that would refuse what OAuth and MCP ask for: they count only, everywhere. */
const countedEverywhere = {
  AWSManagedRulesCommonRuleSet: [
    // 8 KB: a tool's arguments are longer. The gateway takes 1 MB on the MCP endpoint and says so.
    "SizeRestrictions_BODY",
    // 2 KB: an authorization request carries client id, redirect URI, resource and state, and sign-in carries it along.
    "SizeRestrictions_QUERYSTRING",
    // A redirect URI of a client on the same machine is http://127.0.0.1:port (RFC 8252 section 7.3).
    "GenericRFI_BODY",
    "GenericRFI_QUERYARGUMENTS",
    // MCP clients are programs; the specification asks for no User-Agent.
    "NoUserAgent_HEADER",
  ],
  AWSManagedRulesKnownBadInputsRuleSet: [],
  AWSManagedRulesAmazonIpReputationList: [],
} as const satisfies Record<string, readonly string[]>;

type ManagedGroup = keyof typeof countedEverywhere;

const visibility = (metricName: string) => ({
  metricName,
  cloudwatchMetricsEnabled: true,
  // Samples hold headers with access tokens and can be read by whoever may read the web ACL.
  sampledRequestsEnabled: false,
});

function managed(priority: number, group: ManagedGroup): Rule {
  const bodies = group in bodyRules ? bodyRules[group as keyof typeof bodyRules].map((rule) => `${rule}_BODY`) : [];
  return {
    name: group,
    priority,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: "AWS",
        name: group,
        ruleActionOverrides: [...countedEverywhere[group], ...bodies].map((name) => ({
          name,
          actionToUse: { count: {} },
        })),
      },
    },
    visibilityConfig: visibility(group),
  };
}

/** The path as the application would read it: a detour over `/mcp/../` is no way to be exempt. */
const path = {
  fieldToMatch: { uriPath: {} },
  textTransformations: [
    { priority: 0, type: "URL_DECODE" },
    { priority: 1, type: "NORMALIZE_PATH" },
  ],
};

function offMcp(priority: number): Rule {
  const labels = (Object.keys(bodyRules) as (keyof typeof bodyRules)[]).flatMap((group) =>
    bodyRules[group].map((rule) => `${labelPrefix[group]}${rule}_Body`),
  );
  return {
    name: "BodyRulesOffMcp",
    priority,
    action: { block: {} },
    statement: {
      andStatement: {
        statements: [
          { orStatement: { statements: labels.map((key) => ({ labelMatchStatement: { scope: "LABEL", key } })) } },
          ...(
            [
              ["/mcp", "EXACTLY"],
              ["/mcp/", "STARTS_WITH"],
            ] as const
          ).map(([searchString, positionalConstraint]) => ({
            notStatement: { statement: { byteMatchStatement: { ...path, searchString, positionalConstraint } } },
          })),
        ],
      },
    },
    visibilityConfig: visibility("BodyRulesOffMcp"),
  };
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
        rules: [
          {
            name: "RateOfOneAddress",
            priority: 0,
            action: { block: { customResponse: { responseCode: 429 } } },
            statement: {
              rateBasedStatement: { aggregateKeyType: "IP", limit: args.requestsPer5Minutes, evaluationWindowSec: 300 },
            },
            visibilityConfig: visibility("RateOfOneAddress"),
          },
          managed(1, "AWSManagedRulesAmazonIpReputationList"),
          managed(2, "AWSManagedRulesKnownBadInputsRuleSet"),
          managed(3, "AWSManagedRulesCommonRuleSet"),
          // After the groups whose labels it reads.
          offMcp(4),
        ],
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
