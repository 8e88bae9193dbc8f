import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as ec2 from "@pulumi/aws/ec2/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf } from "./account.ts";
import type { LogSettings } from "./log-settings.ts";
import { ServiceRole } from "./service-role.ts";

export interface FlowLogsArgs {
  readonly account: Account;
  readonly vpcId: pulumi.Input<string>;
  readonly logs: LogSettings;
}

/** What the network refused: attempts to reach something that no rule allows, from outside and from inside. */
export class FlowLogs extends pulumi.ComponentResource {
  constructor(name: string, args: FlowLogsArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:FlowLogs", name, {}, options);
    const { account, logs } = args;
    const group = new cloudwatch.LogGroup(
      name,
      { name: `${logs.prefix}/network`, kmsKeyId: logs.kmsKeyArn, retentionInDays: logs.retentionDays },
      { parent: this },
    );
    const role = new ServiceRole(
      name,
      {
        account,
        service: "vpc-flow-logs.amazonaws.com",
        sourceArn: arnOf(account, "ec2", "vpc-flow-log/*"),
        statements: [
          {
            sid: "Write",
            actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources: [group.arn, pulumi.interpolate`${group.arn}:log-stream:*`],
          },
          // Can't be narrowed to one group.
          { sid: "Find", actions: "logs:DescribeLogGroups", resources: "*" },
        ],
      },
      { parent: this },
    );
    new ec2.FlowLog(
      name,
      {
        vpcId: args.vpcId,
        trafficType: "REJECT",
        logDestinationType: "cloud-watch-logs",
        logDestination: group.arn,
        iamRoleArn: role.arn,
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
