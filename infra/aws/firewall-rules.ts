import type * as inputs from "@pulumi/aws/types/input.js";

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

/** How the firewall and its rules are seen in CloudWatch. */
export const visibility = (metricName: string) => ({
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

/** The rules in their order, for a limit of requests that one address may send in five minutes. */
export function firewallRules(requestsPer5Minutes: number): Rule[] {
  return [
    {
      name: "RateOfOneAddress",
      priority: 0,
      action: { block: { customResponse: { responseCode: 429 } } },
      statement: {
        rateBasedStatement: { aggregateKeyType: "IP", limit: requestsPer5Minutes, evaluationWindowSec: 300 },
      },
      visibilityConfig: visibility("RateOfOneAddress"),
    },
    managed(1, "AWSManagedRulesAmazonIpReputationList"),
    managed(2, "AWSManagedRulesKnownBadInputsRuleSet"),
    managed(3, "AWSManagedRulesCommonRuleSet"),
    // After the groups whose labels it reads.
    offMcp(4),
  ];
}
