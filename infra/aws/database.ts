import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as ec2 from "@pulumi/aws/ec2/index.js";
import * as rds from "@pulumi/aws/rds/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseSettings } from "./platform-settings.ts";

export interface DatabaseArgs extends DatabaseSettings {
  /** The cluster's name: its log groups, which must exist before it writes to them, are named after it. */
  readonly clusterName: string;
  readonly vpcId: pulumi.Input<string>;
  readonly subnetIds: pulumi.Input<readonly string[]>;
  readonly kmsKeyArn: pulumi.Input<string>;
  readonly logRetentionDays: number;
  readonly protect: boolean;
}

/** What RDS writes to CloudWatch. */
const exported = ["postgresql", "iam-db-auth-error"];

/**
 * Aurora PostgreSQL that scales by itself. Gateways sign in with their task's role; the master's password is known to RDS and
 * Secrets Manager only, changes every week, and serves to set up a host's own database and user. Nothing can connect until a
 * host adds a rule to the security group.
 */
export class Database extends pulumi.ComponentResource {
  readonly clusterName: pulumi.Output<string>;
  /** In the names that `rds-db:connect` is allowed on. */
  readonly resourceId: pulumi.Output<string>;
  readonly host: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly masterSecretArn: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: DatabaseArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:Database", name, {}, options);
    const own = { parent: this };
    const group = new ec2.SecurityGroup(name, { vpcId: args.vpcId, description: "Database of the gateway" }, own);
    const subnets = new rds.SubnetGroup(
      name,
      { subnetIds: pulumi.output(args.subnetIds).apply((ids) => [...ids]) },
      own,
    );
    const logs = exported.map(
      (log) =>
        new cloudwatch.LogGroup(
          `${name}-${log}`,
          {
            name: `/aws/rds/cluster/${args.clusterName}/${log}`,
            kmsKeyId: args.kmsKeyArn,
            retentionInDays: args.logRetentionDays,
          },
          own,
        ),
    );
    const parameters = new rds.ClusterParameterGroup(
      name,
      {
        family: "aurora-postgresql17",
        parameters: [
          { name: "rds.force_ssl", value: "1" },
          { name: "log_min_duration_statement", value: "1000" },
          // Parameters of statements are sessions and tokens: they are never in a log.
          { name: "log_parameter_max_length", value: "0" },
          { name: "log_parameter_max_length_on_error", value: "0" },
        ],
      },
      own,
    );
    const newest = rds.getEngineVersionOutput({ engine: "aurora-postgresql", version: "17", latest: true }, own);
    const cluster = new rds.Cluster(
      name,
      {
        clusterIdentifier: args.clusterName,
        engine: "aurora-postgresql",
        engineMode: "provisioned",
        engineVersion: newest.versionActual,
        masterUsername: "gateway_admin",
        manageMasterUserPassword: true,
        masterUserSecretKmsKeyId: args.kmsKeyArn,
        iamDatabaseAuthenticationEnabled: true,
        dbSubnetGroupName: subnets.name,
        dbClusterParameterGroupName: parameters.name,
        vpcSecurityGroupIds: [group.id],
        serverlessv2ScalingConfiguration: { minCapacity: args.minCapacity, maxCapacity: args.maxCapacity },
        storageEncrypted: true,
        kmsKeyId: args.kmsKeyArn,
        backupRetentionPeriod: args.backupDays,
        copyTagsToSnapshot: true,
        deleteAutomatedBackups: !args.protect,
        deletionProtection: args.protect,
        skipFinalSnapshot: !args.protect,
        ...(args.protect ? { finalSnapshotIdentifier: `${args.clusterName}-final` } : {}),
        enabledCloudwatchLogsExports: exported,
      },
      {
        ...own,
        dependsOn: logs,
        protect: args.protect,
        // Later minor versions come in the maintenance window, not whenever somebody deploys.
        ignoreChanges: ["engineVersion"],
      },
    );
    for (let instance = 1; instance <= args.instances; instance += 1) {
      new rds.ClusterInstance(
        `${name}-${instance}`,
        {
          clusterIdentifier: cluster.id,
          engine: "aurora-postgresql",
          instanceClass: "db.serverless",
          dbSubnetGroupName: subnets.name,
          publiclyAccessible: false,
          autoMinorVersionUpgrade: true,
          copyTagsToSnapshot: true,
          caCertIdentifier: "rds-ca-ecc384-g1",
          performanceInsightsEnabled: true,
          performanceInsightsKmsKeyId: args.kmsKeyArn,
          // The first two tiers scale along with the writer, so that a failover finds a reader of the same size.
          promotionTier: 1,
        },
        own,
      );
    }
    this.clusterName = cluster.clusterIdentifier;
    this.resourceId = cluster.clusterResourceId;
    this.host = cluster.endpoint;
    this.port = cluster.port;
    this.masterSecretArn = cluster.masterUserSecrets.apply(([secret]) => secret?.secretArn ?? "");
    this.securityGroupId = group.id;
    this.registerOutputs({ host: this.host, masterSecretArn: this.masterSecretArn });
  }
}
