import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./account.ts";
import { AlarmTopic } from "./alarm-topic.ts";
import { Dashboard } from "./dashboard.ts";
import type { HostStores } from "./host-stores.ts";
import { LogMetrics } from "./log-metrics.ts";
import type { Names } from "./naming.ts";
import type { PlatformOutputs } from "./platform-outputs.ts";
import { ServiceAlarms } from "./service-alarms.ts";
import type { ServiceSettings } from "./service-settings.ts";

export interface ObservabilityArgs {
  readonly account: Account;
  readonly names: Names;
  readonly settings: Pick<ServiceSettings, "alarmEmails" | "alarms">;
  readonly platform: pulumi.Output<PlatformOutputs>;
  readonly stores: HostStores;
  readonly targetGroup: pulumi.Input<string>;
  readonly serviceName: pulumi.Input<string>;
  /** Left out: the database is somebody else's. */
  readonly databaseName: pulumi.Input<string> | undefined;
}

/** What says how a host is: metrics of its logs, alarms, a dashboard. */
export class Observability extends pulumi.ComponentResource {
  readonly dashboardUrl: pulumi.Output<string>;

  constructor(name: string, args: ObservabilityArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:Observability", name, {}, options);
    const { account, names, settings, platform, stores } = args;
    const own = { parent: this };
    const watched = {
      namespace: `permit-mcp-gateway/${names.prefix}`,
      ...{ loadBalancer: platform.loadBalancer.arnSuffix, targetGroup: args.targetGroup },
      ...{ clusterName: platform.cluster.name, serviceName: args.serviceName },
      auditGroupName: stores.logs.audit.name,
      archiveStreamName: stores.archive.streamName,
    };
    new LogMetrics(`${name}-metrics`, { ...watched, applicationGroupName: stores.logs.application.name }, own);
    const topicArn =
      settings.alarmEmails.length === 0
        ? platform.alarmTopicArn
        : new AlarmTopic(name, { account, kmsKeyArn: stores.keyArn, emails: settings.alarmEmails }, own).arn;
    new ServiceAlarms(
      name,
      { ...watched, topicArn, thresholds: settings.alarms, archiveSubscriptionName: stores.archive.subscriptionName },
      own,
    );
    const dashboard = new Dashboard(
      name,
      { ...watched, account, dashboardName: names.prefix, databaseName: args.databaseName },
      own,
    );
    this.dashboardUrl = dashboard.url;
    this.registerOutputs({ dashboardUrl: this.dashboardUrl });
  }
}
