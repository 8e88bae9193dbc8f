import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import type * as pulumi from "@pulumi/pulumi";

/** What is watched, when it is too much, and what that means. */
export interface AlarmArgs {
  /** For whoever gets it at night: what is wrong, and where to look. */
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly statistic: "Average" | "Maximum" | "Minimum" | "SampleCount" | "Sum";
  readonly periodSeconds: number;
  /** `[3, 5]`: in three of the last five periods. */
  readonly periods: readonly [breaching: number, of: number];
  readonly when: "above" | "below";
  readonly threshold: number;
  /** Whether silence is good news. */
  readonly silence: "ok" | "alarm";
  readonly topicArn: pulumi.Input<string>;
}

/** An alarm that tells the topic when it begins and when it ends. */
export function addAlarm(name: string, args: AlarmArgs, parent: pulumi.Resource): cloudwatch.MetricAlarm {
  const [datapointsToAlarm, evaluationPeriods] = args.periods;
  return new cloudwatch.MetricAlarm(
    name,
    {
      alarmDescription: args.description,
      namespace: args.namespace,
      metricName: args.metric,
      ...(args.dimensions === undefined ? {} : { dimensions: args.dimensions }),
      statistic: args.statistic,
      period: args.periodSeconds,
      datapointsToAlarm,
      evaluationPeriods,
      comparisonOperator: args.when === "above" ? "GreaterThanThreshold" : "LessThanThreshold",
      threshold: args.threshold,
      treatMissingData: args.silence === "ok" ? "notBreaching" : "breaching",
      alarmActions: [args.topicArn],
      okActions: [args.topicArn],
    },
    { parent },
  );
}
