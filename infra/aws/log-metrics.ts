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
  failed: "FailedCalls",
  cancelled: "CancelledCalls",
  unknown: "CallsOfUnknownEnd",
  callDuration: "CallDuration",
  toolChanged: "ChangedTools",
  auditLag: "AuditLagSeconds",
  auditRefused: "AuditRefused",
  auditNotWritten: "AuditNotWritten",
  auditNotSigned: "AuditNotSigned",
  auditChainLost: "AuditChainLost",
  defect: "Defects",
} as const;

const count = { value: "1", defaultValue: "0", unit: "Count" } as const;

/** Of the audit log: OCSF, field by field in `gateway/AUDIT-EVENTS.md`. An allowed call has a result besides, which is no decision. */
const decisions = '($.metadata.event_code = "tool_call" || $.metadata.event_code = "request")';
const result = '$.metadata.event_code = "call_result"';
const resultsOf = (outcome: string) => `{ ${result} && $.unmapped.outcome = "${outcome}" }`;

interface LogMetric {
  readonly log: "audit" | "application";
  readonly pattern: string;
  readonly metric: Readonly<Record<"value" | "unit", string>> & { readonly defaultValue?: string };
}

/** How each is read. A value that is not there is no data point: no call, no duration. */
export const logFilters: Readonly<Record<keyof typeof logMetrics, LogMetric>> = {
  allowed: { log: "audit", pattern: `{ ${decisions} && $.action_id = 1 }`, metric: count },
  denied: { log: "audit", pattern: `{ ${decisions} && $.action_id = 2 }`, metric: count },
  decisionUnavailable: { log: "audit", pattern: '{ $.status_code = "DECISION_UNAVAILABLE" }', metric: count },
  failed: { log: "audit", pattern: resultsOf("failed"), metric: count },
  cancelled: { log: "audit", pattern: resultsOf("cancelled"), metric: count },
  unknown: { log: "audit", pattern: resultsOf("unknown"), metric: count },
  callDuration: {
    log: "audit",
    pattern: `{ ${result} && $.api.operation = "tools/call" && $.duration >= 0 }`,
    metric: { value: "$.duration", unit: "Milliseconds" },
  },
  toolChanged: {
    log: "audit",
    pattern: '{ $.metadata.event_code = "tool_drift" && $.action_id = 2 && $.unmapped.reviewer = "admin" }',
    metric: count,
  },
  auditLag: {
    log: "application",
    pattern: '{ $.msg = "audit lag" && $.auditLagSeconds >= 0 }',
    metric: { value: "$.auditLagSeconds", unit: "Seconds" },
  },
  // By the destination, or already by the database.
  auditRefused: {
    log: "application",
    pattern: '{ $.code = "AUDIT_REFUSED" || $.code = "AUDIT_RECORD_REFUSED" }',
    metric: count,
  },
  auditNotWritten: { log: "application", pattern: '{ $.code = "AUDIT_NOT_WRITTEN" }', metric: count },
  // Without the one there are no checkpoints, with the other they have no signature.
  auditNotSigned: {
    log: "application",
    pattern: '{ $.code = "AUDIT_NOT_KEPT" || $.code = "AUDIT_NOT_SIGNED" }',
    metric: count,
  },
  auditChainLost: { log: "application", pattern: '{ $.code = "AUDIT_CHAIN_LOST" }', metric: count },
  defect: { log: "application", pattern: '{ $.code = "GATEWAY_DEFECT" }', metric: count },
};

/** Numbers made of what the gateway logs: decisions and results of the audit log, and how its keeping goes. */
export class LogMetrics extends pulumi.ComponentResource {
  constructor(name: string, args: LogMetricsArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:LogMetrics", name, {}, options);
    const { namespace } = args;
    const groups = { audit: args.auditGroupName, application: args.applicationGroupName };
    for (const [label, { log, pattern, metric }] of Object.entries(logFilters)) {
      const metricName = logMetrics[label as keyof typeof logMetrics];
      new cloudwatch.LogMetricFilter(
        `${name}-${metricName}`,
        { logGroupName: groups[log], pattern, metricTransformation: { namespace, name: metricName, ...metric } },
        { parent: this },
      );
    }
    this.registerOutputs();
  }
}
