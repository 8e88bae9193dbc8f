import { getZoneOutput } from "@pulumi/aws/route53/getZone.js";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./account.ts";
import { AlarmTopic } from "./alarm-topic.ts";
import { BuiltImage } from "./built-image.ts";
import { Certificate } from "./certificate.ts";
import { Cluster } from "./cluster.ts";
import { Database } from "./database.ts";
import { EncryptionKey } from "./encryption-key.ts";
import { existingNetwork } from "./existing-network.ts";
import { ecrRepositoryArn } from "./image-reference.ts";
import { platformKeyStatements } from "./key-statements.ts";
import { LoadBalancer } from "./load-balancer.ts";
import type { Names } from "./naming.ts";
import { Network } from "./network.ts";
import { PlatformAlarms } from "./platform-alarms.ts";
import type { PlatformOutputs } from "./platform-outputs.ts";
import type { PlatformSettings } from "./platform-settings.ts";
import { tagEverything } from "./tags.ts";
import { WebFirewall } from "./web-firewall.ts";

export interface PlatformArgs {
  readonly account: Account;
  readonly names: Names;
  readonly settings: PlatformSettings;
  /** Nothing that holds data, and not the way in, can be deleted by mistake. */
  readonly protect: boolean;
  /** Root of this repository: what the image is built from. */
  readonly folder: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What hosts stand on: network, load balancer with firewall, cluster, database server and image. Of one host, or shared. */
export class Platform extends pulumi.ComponentResource {
  readonly outputs: pulumi.Output<PlatformOutputs>;

  constructor(name: string, args: PlatformArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:Platform", name, {}, { ...options, transformations: [tagEverything(args.tags)] });
    const { account, names, settings, protect } = args;
    const own = { parent: this };
    const key = new EncryptionKey(
      `${names.prefix}-platform`,
      {
        account,
        description: `Platform ${name} of permit-mcp-gateway: database, images, logs, disks of tasks`,
        via: ["rds", "secretsmanager", "ecr"],
        logGroups: [`${names.logPrefix}/network`, names.firewallLogGroup, `/aws/rds/cluster/${names.database}/*`],
        statements: platformKeyStatements(account, names.prefix),
        protect,
      },
      own,
    );
    const logs = { prefix: names.logPrefix, kmsKeyArn: key.arn, retentionDays: settings.logRetentionDays };
    const network =
      "vpcId" in settings.network
        ? existingNetwork(settings.network)
        : new Network(`${name}-network`, { account, logs, ...settings.network }, own);
    const { vpcId } = network;

    const zoneId =
      settings.hostedZone === undefined ? undefined : getZoneOutput({ name: settings.hostedZone }, own).zoneId;
    const certificateArn =
      settings.certificateArn ??
      (zoneId === undefined
        ? undefined
        : new Certificate(`${name}-certificate`, { domain: settings.domain, zoneId }, own).arn);
    if (certificateArn === undefined) throw new TypeError("The settings have a zone or a certificate.");
    const { internal } = settings.loadBalancer;
    const balancer = new LoadBalancer(
      `${name}-load-balancer`,
      {
        ...settings.loadBalancer,
        ...{ account, vpcId, certificateArn, protect, logRetentionDays: settings.logRetentionDays },
        subnetIds: internal ? network.privateSubnetIds : network.publicSubnetIds,
      },
      own,
    );
    new WebFirewall(
      `${name}-firewall`,
      { account, logs, logGroupName: names.firewallLogGroup, loadBalancerArn: balancer.arn, ...settings.firewall },
      own,
    );
    const cluster = new Cluster(`${name}-cluster`, { clusterName: names.prefix, kmsKeyArn: key.arn }, own);
    const database =
      settings.database === false
        ? undefined
        : new Database(
            `${name}-database`,
            {
              ...settings.database,
              ...{ clusterName: names.database, vpcId, subnetIds: network.databaseSubnetIds, protect },
              ...{ kmsKeyArn: key.arn, logRetentionDays: settings.logRetentionDays },
            },
            own,
          );
    const image = this.imageOf(`${name}-image`, args, key);
    const topic = new AlarmTopic(`${name}-alarms`, { account, kmsKeyArn: key.arn, emails: settings.alarmEmails }, own);
    new PlatformAlarms(
      `${name}-alarms`,
      {
        topicArn: topic.arn,
        loadBalancer: balancer.arnSuffix,
        database: database?.clusterName,
        certificateArn,
      },
      own,
    );
    this.outputs = pulumi.output({
      vpcId,
      serviceSubnetIds: network.privateSubnetIds,
      // Every address that the load balancer can have: the gateway believes these what they say of clients.
      loadBalancerCidrs: internal ? network.privateSubnetCidrs : network.publicSubnetCidrs,
      loadBalancer: {
        arnSuffix: balancer.arnSuffix,
        dnsName: balancer.dnsName,
        zoneId: balancer.zoneId,
        securityGroupId: balancer.securityGroupId,
        listenerArn: balancer.listenerArn,
      },
      cluster: { arn: cluster.arn, name: cluster.clusterName },
      database:
        database === undefined
          ? undefined
          : {
              host: database.host,
              port: database.port,
              resourceId: database.resourceId,
              masterSecretArn: database.masterSecretArn,
              securityGroupId: database.securityGroupId,
              clusterName: database.clusterName,
            },
      keyArn: key.arn,
      architecture: settings.architecture,
      image: image.reference,
      imageRepositoryArn: image.repositoryArn,
      alarmTopicArn: topic.arn,
    });
    this.registerOutputs({ outputs: this.outputs });
  }

  private imageOf(name: string, { account, settings, folder, protect }: PlatformArgs, key: EncryptionKey) {
    const { image: reference, architecture, baseImage, buildImage } = settings;
    if (reference !== undefined) {
      const repositoryArn = ecrRepositoryArn(reference, account.partition);
      if (repositoryArn === undefined) throw new TypeError("The settings allow images of ECR only.");
      return { reference: pulumi.output(reference), repositoryArn };
    }
    const args = { folder, architecture, baseImage, buildImage, kmsKeyArn: key.arn, protect };
    return new BuiltImage(name, args, { parent: this });
  }
}
