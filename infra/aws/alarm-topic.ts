import * as sns from "@pulumi/aws/sns/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf } from "./account.ts";
import { policyDocument } from "./policy-document.ts";

export interface AlarmTopicArgs {
  readonly account: Account;
  readonly kmsKeyArn: pulumi.Input<string>;
  readonly emails: readonly string[];
}

/** Where alarms go. AWS asks each address to confirm first. */
export class AlarmTopic extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: AlarmTopicArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:AlarmTopic", name, {}, options);
    const { account } = args;
    const topic = new sns.Topic(name, { kmsMasterKeyId: args.kmsKeyArn, signatureVersion: 2 }, { parent: this });
    new sns.TopicPolicy(
      name,
      {
        arn: topic.arn,
        policy: policyDocument([
          {
            sid: "AlarmsOfThisAccount",
            principals: { Service: "cloudwatch.amazonaws.com" },
            actions: "sns:Publish",
            resources: topic.arn,
            conditions: {
              StringEquals: { "aws:SourceAccount": account.id },
              ArnLike: { "aws:SourceArn": arnOf(account, "cloudwatch", "alarm:*") },
            },
          },
        ]),
      },
      { parent: this },
    );
    for (const email of args.emails) {
      new sns.TopicSubscription(
        `${name}-${email}`,
        { topic: topic.arn, protocol: "email", endpoint: email },
        { parent: this },
      );
    }
    this.arn = topic.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
