import { beforeAll, expect, test, vi } from "vitest";
import { type Registration, recordRegistrations } from "../testing/mocks.ts";
import { answerCall, answerResource } from "./testing/answers.ts";

interface Statement {
  readonly managedRuleGroupStatement?: {
    readonly name: string;
    readonly ruleActionOverrides: readonly { readonly name: string; readonly actionToUse: object }[];
  };
  readonly rateBasedStatement?: { readonly limit: number; readonly aggregateKeyType: string };
  readonly andStatement?: { readonly statements: readonly Statement[] };
  readonly orStatement?: { readonly statements: readonly Statement[] };
  readonly notStatement?: { readonly statement: Statement };
  readonly labelMatchStatement?: { readonly key: string };
  readonly byteMatchStatement?: {
    readonly searchString: string;
    readonly positionalConstraint: string;
    readonly textTransformations: readonly { readonly type: string }[];
  };
}
interface Rule {
  readonly name: string;
  readonly priority: number;
  readonly action?: object;
  readonly overrideAction?: object;
  readonly statement: Statement;
}

const logging = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration";
let registrations: readonly Registration[];
let rules: readonly Rule[];
beforeAll(async () => {
  registrations = await recordRegistrations((type, inputs) => answerResource(type, inputs, {}), "test", answerCall);
  const { readAccount } = await import("./account.ts");
  const { WebFirewall } = await import("./web-firewall.ts");
  new WebFirewall("firewall", {
    account: readAccount(),
    loadBalancerArn: "arn:aws:elasticloadbalancing:balancer",
    requestsPer5Minutes: 300,
    logGroupName: "aws-waf-logs-test",
    logs: { kmsKeyArn: "arn:aws:kms:key", retentionDays: 30 },
  });
  // The last thing that it registers.
  await vi.waitFor(() => expect(registrations.map(({ type }) => type)).toContain(logging));
  rules = registrations.find(({ type }) => type.endsWith(":WebAcl"))?.inputs.rules as Rule[];
});

const counted = () =>
  rules.flatMap(({ statement }) =>
    (statement.managedRuleGroupStatement?.ruleActionOverrides ?? []).map(({ name, actionToUse }) => {
      expect(actionToUse).toEqual({ count: {} });
      return name;
    }),
  );

test("what a tool call may say is blocked everywhere else, by the path that the gateway will read", () => {
  const rule = rules.find(({ name }) => name === "BodyRulesOffMcp");
  const [labels, ...paths] = rule?.statement.andStatement?.statements ?? [];
  const blocked =
    labels?.orStatement?.statements.map(({ labelMatchStatement }) => labelMatchStatement?.key ?? "") ?? [];
  expect(rule?.action).toEqual({ block: {} });
  // A label that no rule leaves would block nothing: each is of a rule that counts, spelled as AWS spells labels.
  expect(
    blocked
      .map((key) =>
        key
          .split(":")
          .at(-1)
          ?.replace(/_Body$/, "_BODY"),
      )
      .toSorted(),
  ).toEqual(
    counted()
      .filter((name) => name.endsWith("_BODY") && !/^(SizeRestrictions|GenericRFI)_/.test(name))
      .toSorted(),
  );
  expect(blocked).toContain("awswaf:managed:aws:known-bad-inputs:Log4JRCE_Body");
  expect(paths.map(({ notStatement }) => notStatement?.statement.byteMatchStatement)).toEqual([
    expect.objectContaining({ searchString: "/mcp", positionalConstraint: "EXACTLY" }),
    expect.objectContaining({ searchString: "/mcp/", positionalConstraint: "STARTS_WITH" }),
  ]);
  for (const { notStatement } of paths) {
    expect(notStatement?.statement.byteMatchStatement?.textTransformations.map(({ type }) => type)).toEqual([
      "URL_DECODE",
      "NORMALIZE_PATH",
    ]);
  }
});

test("a redirect URI of a native client and a long authorization request get through", () => {
  expect(counted()).toEqual(
    expect.arrayContaining([
      ...["GenericRFI_QUERYARGUMENTS", "GenericRFI_BODY", "SizeRestrictions_QUERYSTRING", "SizeRestrictions_BODY"],
      "NoUserAgent_HEADER",
    ]),
  );
});

test("floods are stopped first, the rest of AWS's rules block, ours comes after the labels it reads", () => {
  const [first, ...rest] = rules.toSorted((one, other) => one.priority - other.priority);
  expect(first?.statement.rateBasedStatement).toMatchObject({ limit: 300, aggregateKeyType: "IP" });
  expect(rest.map(({ name }) => name)).toEqual([
    ...[
      "AWSManagedRulesAmazonIpReputationList",
      "AWSManagedRulesKnownBadInputsRuleSet",
      "AWSManagedRulesCommonRuleSet",
    ],
    "BodyRulesOffMcp",
  ]);
  for (const { overrideAction } of rest.slice(0, 3)) expect(overrideAction).toEqual({ none: {} });
});

test("its log has no tokens, cookies or codes", () => {
  expect(registrations.find(({ type }) => type === logging)?.inputs.redactedFields).toEqual([
    { singleHeader: { name: "authorization" } },
    { singleHeader: { name: "cookie" } },
    { queryString: {} },
  ]);
});
