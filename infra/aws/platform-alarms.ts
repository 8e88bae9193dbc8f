import * as pulumi from "@pulumi/pulumi";
import { addAlarm } from "./alarm.ts";

export interface PlatformAlarmsArgs {
  readonly topicArn: pulumi.Input<string>;
  /** Dimension of the load balancer's metrics. */
  readonly loadBalancer: pulumi.Input<string>;
  /** Name of the Aurora cluster; left out: none. */
  readonly database: pulumi.Input<string> | undefined;
  readonly certificateArn: pulumi.Input<string>;
}

/** What is wrong for all hosts at once. */
export class PlatformAlarms extends pulumi.ComponentResource {
  constructor(name: string, args: PlatformAlarmsArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:PlatformAlarms", name, {}, options);
    const { topicArn } = args;
    addAlarm(
      `${name}-load-balancer-5xx`,
      {
        description: "The load balancer itself answers 5xx: no task takes requests, or tasks close connections.",
        ...{ namespace: "AWS/ApplicationELB", metric: "HTTPCode_ELB_5XX_Count", statistic: "Sum", topicArn },
        dimensions: { LoadBalancer: args.loadBalancer },
        ...{ periodSeconds: 300, periods: [1, 1], when: "above", threshold: 10, silence: "ok" },
      },
      this,
    );
    addAlarm(
      `${name}-certificate`,
      {
        description: "The certificate ends within 20 days: AWS could not renew it. See that its DNS record is there.",
        ...{ namespace: "AWS/CertificateManager", metric: "DaysToExpiry", statistic: "Minimum", topicArn },
        dimensions: { CertificateArn: args.certificateArn },
        ...{ periodSeconds: 86_400, periods: [1, 1], when: "below", threshold: 20, silence: "ok" },
      },
      this,
    );
    if (args.database !== undefined) {
      const database = { namespace: "AWS/RDS", dimensions: { DBClusterIdentifier: args.database }, topicArn };
      addAlarm(
        `${name}-database-capacity`,
        {
          description: "The database is at its largest size: calls wait. Raise maxCapacity.",
          ...{ ...database, metric: "ACUUtilization", statistic: "Average", when: "above", threshold: 90 },
          ...{ periodSeconds: 300, periods: [3, 3], silence: "ok" },
        },
        this,
      );
      addAlarm(
        `${name}-database-silent`,
        {
          description: "The database reports nothing: it is down or failing over. All calls are refused meanwhile.",
          ...{ ...database, metric: "ServerlessDatabaseCapacity", statistic: "Average", when: "below", threshold: 0 },
          ...{ periodSeconds: 60, periods: [5, 5], silence: "alarm" },
        },
        this,
      );
    }
    this.registerOutputs();
  }
}
