import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface LogMetricsArgs {
  /** Of the metrics; each host has its own. */
  readonly namespace: string;
  readonly applicationGroupName: pulumi.Input<string>;
  readonly auditGroupName: pulumi.Input<string>;
}

/** The metrics that are read from log lines, by name. */
export const logMetrics = {
  allowed: "AllowedCalls",
  denied: "DeniedCalls",
  decisionUnavailable: "DecisionUnavailable",
  auditLag: "AuditLagSeconds",
  auditRefused: "AuditRefused",
  toolChanged: "ChangedTools",
} as const;

/** Numbers made of what the gateway logs: decisions of the audit records, and how far behind the shipping of them is. */
export class LogMetrics extends pulumi.ComponentResource {
  constructor(name: string, args: LogMetricsArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:LogMetrics", name, {}, options);
    const { namespace } = args;
    const count = { value: "1", defaultValue: "0", unit: "Count" };
    const filters = {
      allowed: [args.auditGroupName, '{ $.type = "audit" && $.decision = "allow" }', count],
      denied: [args.auditGroupName, '{ $.type = "audit" && $.decision = "deny" }', count],
      decisionUnavailable: [args.auditGroupName, '{ $.type = "audit" && $.code = "DECISION_UNAVAILABLE" }', count],
      toolChanged: [
        args.auditGroupName,
        '{ $.type = "audit" && $.event = "tool_drift" && $.decision = "deny" && $.reviewer = "admin" }',
        count,
      ],
      auditRefused: [args.applicationGroupName, '{ $.code = "AUDIT_REFUSED" }', count],
      auditLag: [
        args.applicationGroupName,
        '{ $.msg = "audit lag" && $.auditLagSeconds >= 0 }',
        { value: "$.auditLagSeconds", unit: "Seconds" },
      ],
    } as const satisfies Record<keyof typeof logMetrics, readonly unknown[]>;
    for (const [label, [logGroupName, pattern, metric]] of Object.entries(filters)) {
      const metricName = logMetrics[label as keyof typeof logMetrics];
      new cloudwatch.LogMetricFilter(
        `${name}-${metricName}`,
        { logGroupName, pattern, metricTransformation: { namespace, name: metricName, ...metric } },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}
