import * as pulumi from "@pulumi/pulumi";
import type { HostEnvironment } from "../host/environment-of.ts";
import type { Account } from "./account.ts";
import { Autoscaling } from "./autoscaling.ts";
import { HostName, type HostNameArgs } from "./host-name.ts";
import { HostStores } from "./host-stores.ts";
import { ecrRepositoryArn, imageByDigest } from "./image-reference.ts";
import type { Names } from "./naming.ts";
import { Observability } from "./observability.ts";
import { type PlatformOutputs, platformDatabase } from "./platform-outputs.ts";
import { Service } from "./service.ts";
import { ServiceNetwork } from "./service-network.ts";
import { ServiceRoles } from "./service-roles.ts";
import type { ServiceSettings } from "./service-settings.ts";
import { tagEverything } from "./tags.ts";
import { TargetGroup } from "./target-group.ts";
import { decisionPointUrl, shutdown, TaskDefinition } from "./task-definition.ts";

/** The port that gateways listen on in AWS. */
const port = 8080;
/** Of a host with a `databaseUrl`, which takes the place of this. */
const nowhere = { dataDir: "/data" };

export interface GatewayServiceArgs {
  readonly account: Account;
  readonly names: Names;
  readonly settings: ServiceSettings;
  readonly platform: pulumi.Output<PlatformOutputs>;
  /** Name of the host, and where the name and its certificate come from. */
  readonly hostName: Pick<HostNameArgs, "hostname" | "hostedZone" | "certificate">;
  /** The gateway's variables that may be seen. */
  readonly variablesAt: HostEnvironment["variablesAt"];
  /** The gateway's variables that may not. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  /** The one of them that the decision point needs too: the key of the host's Permit environment. */
  readonly permitApiKeyName: string;
  readonly permitApiUrl: string;
  /** The host in Permit. A gateway is not ready without its policy, and tasks that never are ready would be rolled back. */
  readonly policy: pulumi.Resource;
  readonly protect: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** A gateway on ECS: tasks behind the platform's load balancer, their secrets, database, logs, archive and alarms. */
export class GatewayService extends pulumi.ComponentResource {
  readonly auditLogGroup: pulumi.Output<string>;
  readonly auditArchive: pulumi.Output<string>;
  readonly dashboardUrl: pulumi.Output<string>;

  constructor(name: string, args: GatewayServiceArgs, options?: pulumi.ComponentResourceOptions) {
    const transformations = [tagEverything(args.tags)];
    super("permit-mcp-gateway:aws:GatewayService", name, {}, { ...options, transformations });
    const { account, names, settings, platform } = args;
    const own = { parent: this };
    const balancer = platform.loadBalancer;
    const database = settings.externalDatabase === undefined ? platformDatabase(platform) : undefined;

    const stores = new HostStores(`${name}-stores`, args, own);
    const { application, audit } = stores.logs;
    const repository = settings.image === undefined ? undefined : ecrRepositoryArn(settings.image, account.partition);
    const pdpRepository = ecrRepositoryArn(settings.pdpImage, account.partition);
    const roles = new ServiceRoles(
      `${name}-roles`,
      {
        ...{ account, applicationGroupArn: application.arn, auditGroupArn: audit.arn },
        repositoryArns: [repository ?? platform.imageRepositoryArn, ...(pdpRepository ? [pdpRepository] : [])],
        secrets: [
          { arns: stores.secrets.arns, kmsKeyArn: stores.keyArn },
          ...(database ? [{ arns: [database.masterSecretArn], kmsKeyArn: platform.keyArn }] : []),
        ],
        policySecrets: { prefix: names.policySecrets, kmsKeyArn: stores.keyArn },
        ...{ dataKeyArn: stores.dataKeyArn, signingKeyArn: stores.signingKeyArn },
        databaseUser: database && { clusterResourceId: database.resourceId, name: names.databaseUser },
      },
      own,
    );
    const network = new ServiceNetwork(
      `${name}-network`,
      {
        ...{ vpcId: platform.vpcId, port, upstreamPorts: settings.upstreamPorts },
        loadBalancerGroupId: balancer.securityGroupId,
        database: settings.externalDatabase ?? platformDatabase(platform),
      },
      own,
    );
    const { databaseUser } = names;
    const variables = args.variablesAt(
      pulumi
        .all([platform, audit.name, stores.dataKeyArn, stores.signingKeyArn])
        .apply(([{ database, loadBalancerCidrs }, auditGroup, dataKeyKmsArn, auditKeyKmsArn]) => ({
          ...{ port, permitPdpUrl: decisionPointUrl, shutdown, trustedProxies: loadBalancerCidrs },
          ...{ auditDestinations: [`cloudwatch:${auditGroup}`], auditKeyKmsArn },
          ...{ secretsPrefix: names.policySecrets, dataKeyKmsArn },
          database: database
            ? { host: database.host, port: database.port, name: databaseUser, user: databaseUser }
            : nowhere,
        })),
    );
    const definition = new TaskDefinition(
      `${name}-task`,
      {
        ...{ account, family: names.prefix, architecture: platform.architecture },
        ...{ cpu: settings.cpu, memoryMb: settings.memoryMb, logGroupName: application.name },
        ...{ executionRoleArn: roles.executionRoleArn, taskRoleArn: roles.taskRoleArn },
        gateway: {
          ...{ image: settings.image ?? platform.image, port, secrets: stores.secrets.versions },
          environment: variables,
        },
        decisionPoint: {
          image: imageByDigest(settings.pdpImage),
          environment: { PDP_CONTROL_PLANE: args.permitApiUrl },
          secrets: { PDP_API_KEY: stores.secrets.version(args.permitApiKeyName) },
        },
        databaseSetup: database && {
          environment: variables.apply((all) =>
            Object.fromEntries(Object.entries(all).filter(([name]) => /^DATABASE_(HOST|PORT|NAME|USER)$/.test(name))),
          ),
          secrets: { DATABASE_MASTER_SECRET: database.masterSecretArn },
        },
      },
      own,
    );
    const targets = new TargetGroup(`${name}-targets`, { vpcId: platform.vpcId, port }, own);
    const hostName = new HostName(
      `${name}-name`,
      {
        ...args.hostName,
        ...{ listenerArn: balancer.listenerArn, targetGroupArn: targets.arn, loadBalancer: balancer },
      },
      own,
    );
    const service = new Service(
      `${name}-service`,
      {
        ...{ clusterArn: platform.cluster.arn, taskDefinitionArn: definition.arn, port, tasks: settings.minTasks },
        ...{ subnetIds: platform.serviceSubnetIds, securityGroupId: network.securityGroupId },
        // ECS refuses a target group that no listener uses.
        targetGroupArn: pulumi.all([targets.arn, hostName.listenerRuleArn]).apply(([arn]) => arn),
      },
      // The rules that let tasks out, before the first task.
      { ...own, dependsOn: [network, args.policy] },
    );
    new Autoscaling(
      `${name}-autoscaling`,
      {
        ...{ ...settings, clusterName: platform.cluster.name, serviceName: service.serviceName },
        ...{ loadBalancerArnSuffix: balancer.arnSuffix, targetGroupArnSuffix: targets.arnSuffix },
      },
      own,
    );
    const observability = new Observability(
      `${name}-alarms`,
      {
        ...{ account, names, settings, platform, stores },
        ...{ targetGroup: targets.arnSuffix, serviceName: service.serviceName, databaseName: database?.clusterName },
      },
      own,
    );
    this.auditLogGroup = audit.name;
    this.auditArchive = stores.archive.bucketName;
    this.dashboardUrl = observability.dashboardUrl;
    const { auditLogGroup, auditArchive, dashboardUrl } = this;
    this.registerOutputs({ auditLogGroup, auditArchive, dashboardUrl });
  }
}
