import * as pulumi from "@pulumi/pulumi";
import { type AlarmArgs, addAlarm } from "./alarm.ts";
import { logMetrics } from "./log-metrics.ts";
import type { ServiceSettings } from "./service-settings.ts";

export interface ServiceAlarmsArgs {
  readonly topicArn: pulumi.Input<string>;
  readonly thresholds: ServiceSettings["alarms"];
  readonly namespace: string;
  readonly loadBalancer: pulumi.Input<string>;
  readonly targetGroup: pulumi.Input<string>;
  readonly clusterName: pulumi.Input<string>;
  readonly serviceName: pulumi.Input<string>;
  readonly auditGroupName: pulumi.Input<string>;
  readonly archiveStreamName: pulumi.Input<string>;
  readonly archiveSubscriptionName: pulumi.Input<string>;
}

type Watched = Omit<AlarmArgs, "topicArn">;

/** What is wrong with one host, by the name of its alarm. */
function watched(args: ServiceAlarmsArgs): Readonly<Record<string, Watched>> {
  const { thresholds } = args;
  const targets = {
    namespace: "AWS/ApplicationELB",
    dimensions: { LoadBalancer: args.loadBalancer, TargetGroup: args.targetGroup },
  };
  const above = { when: "above", silence: "ok" } as const;
  return {
    "denials-spike": {
      description: "Far more calls than usual are denied: an agent goes astray, or a policy took more than it should.",
      ...{ namespace: args.namespace, metric: logMetrics.denied, statistic: "Sum", ...above },
      ...{ periodSeconds: 300, periods: [1, 1], threshold: thresholds.denialsPer5Minutes },
    },
    "decision-point-down": {
      description: "Calls are refused because the decision point does not answer (DECISION_UNAVAILABLE).",
      ...{ namespace: args.namespace, metric: logMetrics.decisionUnavailable, statistic: "Sum", ...above },
      ...{ periodSeconds: 60, periods: [2, 3], threshold: 0 },
    },
    "audit-lag": {
      description: "Audit records reach CloudWatch late or not at all. They are safe in the database until they do.",
      ...{ namespace: args.namespace, metric: logMetrics.auditLag, statistic: "Maximum" },
      ...{ periodSeconds: 60, periods: [3, 5], when: "above", threshold: thresholds.auditLagSeconds, silence: "alarm" },
    },
    "audit-refused": {
      description:
        "Audit records were refused for good: by CloudWatch (AUDIT_REFUSED), so that they are in the database only, or by the database (AUDIT_RECORD_REFUSED), so that the application log has all that is left of them.",
      ...{ namespace: args.namespace, metric: logMetrics.auditRefused, statistic: "Sum", ...above },
      ...{ periodSeconds: 300, periods: [1, 1], threshold: 0 },
    },
    "audit-not-written": {
      description:
        "The database does not take audit records (AUDIT_NOT_WRITTEN): calls are refused, and what has happened is kept in memory only until it does.",
      ...{ namespace: args.namespace, metric: logMetrics.auditNotWritten, statistic: "Sum", ...above },
      ...{ periodSeconds: 60, periods: [3, 5], threshold: 0 },
    },
    "audit-not-signed": {
      description:
        "Checkpoints of the audit log are not signed (AUDIT_NOT_SIGNED) or not written (AUDIT_NOT_KEPT): whoever can write to the database could replace unnoticed what came after the last that is. Look at the signing key and its policy.",
      ...{ namespace: args.namespace, metric: logMetrics.auditNotSigned, statistic: "Sum", ...above },
      ...{ periodSeconds: 60, periods: [3, 5], threshold: 0 },
    },
    "audit-chain-lost": {
      description:
        "The end of a task's chain of audit records is not where the task left it (AUDIT_CHAIN_LOST): another task took it for dead because it could not write for minutes, or somebody changed the database. Verify the log.",
      ...{ namespace: args.namespace, metric: logMetrics.auditChainLost, statistic: "Sum", ...above },
      ...{ periodSeconds: 300, periods: [1, 1], threshold: 0 },
    },
    defect: {
      description:
        "A task met an error that nobody handled (GATEWAY_DEFECT) and stopped in order; another one takes its place. The application log has the error. If it comes again, somebody may be bringing it about: look at the calls before it.",
      ...{ namespace: args.namespace, metric: logMetrics.defect, statistic: "Sum", ...above },
      ...{ periodSeconds: 60, periods: [1, 1], threshold: 0 },
    },
    "tool-changed": {
      description:
        "A tool of an MCP server is not what was reviewed any more, so its calls are refused. The audit record of the event tool_drift names it, and how to review it.",
      ...{ namespace: args.namespace, metric: logMetrics.toolChanged, statistic: "Sum", ...above },
      ...{ periodSeconds: 60, periods: [1, 1], threshold: 0 },
    },
    "server-errors": {
      description: "The gateway answers 5xx. The application log says why, by the request id.",
      ...{ ...targets, metric: "HTTPCode_Target_5XX_Count", statistic: "Sum", ...above },
      ...{ periodSeconds: 300, periods: [1, 1], threshold: thresholds.serverErrorsPer5Minutes },
    },
    "unhealthy-hosts": {
      description: "A task is not ready for five minutes; GET /readyz says which part is not.",
      ...{ ...targets, metric: "UnHealthyHostCount", statistic: "Maximum", ...above },
      ...{ periodSeconds: 60, periods: [5, 5], threshold: 0 },
    },
    "no-running-tasks": {
      description: "No task runs: every request gets a 503 of the load balancer. The service's events say why.",
      // ECS reports nothing of a service in which no task runs, so that the silence is the alarm.
      ...{ namespace: "AWS/ECS", metric: "CPUUtilization", statistic: "SampleCount" },
      dimensions: { ClusterName: args.clusterName, ServiceName: args.serviceName },
      ...{ periodSeconds: 60, periods: [3, 3], when: "below", threshold: 1, silence: "alarm" },
    },
    "archive-delivery": {
      description: "CloudWatch Logs could not hand audit records to the archive.",
      ...{ namespace: "AWS/Logs", metric: "DeliveryErrors", statistic: "Sum", ...above },
      dimensions: {
        LogGroupName: args.auditGroupName,
        DestinationType: "Firehose",
        FilterName: args.archiveSubscriptionName,
      },
      ...{ periodSeconds: 300, periods: [1, 1], threshold: 0 },
    },
    "archive-late": {
      description: "Audit records wait in Firehose for more than 15 minutes: it can't write to the archive's bucket.",
      ...{ namespace: "AWS/Firehose", metric: "DeliveryToS3.DataFreshness", statistic: "Maximum", ...above },
      dimensions: { DeliveryStreamName: args.archiveStreamName },
      ...{ periodSeconds: 300, periods: [1, 1], threshold: 900 },
    },
  };
}

/** Alarms of one host. */
export class ServiceAlarms extends pulumi.ComponentResource {
  constructor(name: string, args: ServiceAlarmsArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:ServiceAlarms", name, {}, options);
    for (const [label, alarm] of Object.entries(watched(args))) {
      addAlarm(`${name}-${label}`, { ...alarm, topicArn: args.topicArn }, this);
    }
    this.registerOutputs();
  }
}
