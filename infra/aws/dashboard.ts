import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./account.ts";
import { logMetrics } from "./log-metrics.ts";

export interface DashboardArgs {
  readonly account: Account;
  readonly dashboardName: string;
  readonly namespace: string;
  readonly loadBalancer: pulumi.Input<string>;
  readonly targetGroup: pulumi.Input<string>;
  readonly clusterName: pulumi.Input<string>;
  readonly serviceName: pulumi.Input<string>;
  readonly archiveStreamName: pulumi.Input<string>;
  readonly auditGroupName: pulumi.Input<string>;
  /** Left out: the database is somebody else's. */
  readonly databaseName: pulumi.Input<string> | undefined;
}

type Metric = readonly [namespace: string, metric: string, ...dimensions: pulumi.Input<string>[]];

/** Of a refusal of any kind: calls, consents, sign-ins. OCSF (`gateway/AUDIT-EVENTS.md`), by the names that people know. */
const denialFields = [
  "@timestamp",
  "metadata.event_code as event",
  "actor.user.email_addr as human",
  "actor.app_name as agent",
  "api.service.name as server",
  "resources.0.name as resource",
  "status_code as code",
  "message as reason",
].join(", ");

/** One page that answers: does it work, who is denied, is it audited. */
export class Dashboard extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: DashboardArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:Dashboard", name, {}, options);
    const { region } = args.account;
    const targets = ["LoadBalancer", args.loadBalancer, "TargetGroup", args.targetGroup] as const;
    const service = ["ClusterName", args.clusterName, "ServiceName", args.serviceName] as const;
    const graphs: readonly (readonly [title: string, stat: string, metrics: readonly Metric[]])[] = [
      [
        "Calls, by decision",
        "Sum",
        [
          [args.namespace, logMetrics.allowed],
          [args.namespace, logMetrics.denied],
          [args.namespace, logMetrics.decisionUnavailable],
        ],
      ],
      [
        "Calls that were let through and not answered, by how they ended",
        "Sum",
        [
          [args.namespace, logMetrics.failed],
          [args.namespace, logMetrics.cancelled],
          [args.namespace, logMetrics.unknown],
        ],
      ],
      [
        "Time of MCP servers for a tool call, 95th percentile, in milliseconds",
        "p95",
        [[args.namespace, logMetrics.callDuration]],
      ],
      ["Audit lag in seconds", "Maximum", [[args.namespace, logMetrics.auditLag]]],
      [
        "Requests and errors",
        "Sum",
        ["RequestCount", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count"].map(
          (metric): Metric => ["AWS/ApplicationELB", metric, ...targets],
        ),
      ],
      ["Time to answer, 95th percentile", "p95", [["AWS/ApplicationELB", "TargetResponseTime", ...targets]]],
      [
        "Tasks, ready and not",
        "Maximum",
        ["HealthyHostCount", "UnHealthyHostCount"].map((metric): Metric => ["AWS/ApplicationELB", metric, ...targets]),
      ],
      [
        "Load of the tasks, in percent",
        "Average",
        ["CPUUtilization", "MemoryUtilization"].map((metric): Metric => ["AWS/ECS", metric, ...service]),
      ],
      [
        "Age of what waits for the archive, in seconds",
        "Maximum",
        [["AWS/Firehose", "DeliveryToS3.DataFreshness", "DeliveryStreamName", args.archiveStreamName]],
      ],
      ...(args.databaseName === undefined
        ? []
        : ([
            [
              "Database: connections and capacity",
              "Average",
              ["DatabaseConnections", "ServerlessDatabaseCapacity"].map(
                (metric): Metric => ["AWS/RDS", metric, "DBClusterIdentifier", args.databaseName ?? ""],
              ),
            ],
          ] as const)),
    ];
    const widgets = graphs.map(([title, stat, metrics], index) => ({
      type: "metric",
      ...{ width: 12, height: 6, x: (index % 2) * 12, y: Math.floor(index / 2) * 6 },
      properties: { title, region, stat, period: 60, view: "timeSeries", metrics },
    }));
    const denials = {
      type: "log",
      ...{ width: 24, height: 6, x: 0, y: Math.ceil(graphs.length / 2) * 6 },
      properties: {
        title: "Latest denials",
        region,
        view: "table",
        query: pulumi.interpolate`SOURCE '${args.auditGroupName}' | filter action_id = 2 | fields ${denialFields} | sort @timestamp desc | limit 50`,
      },
    };
    const dashboard = new cloudwatch.Dashboard(
      name,
      { dashboardName: args.dashboardName, dashboardBody: pulumi.jsonStringify({ widgets: [...widgets, denials] }) },
      { parent: this },
    );
    this.url = pulumi.interpolate`https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`;
    this.registerOutputs({ url: this.url });
  }
}
