import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./account.ts";
import { AuditArchive } from "./audit-archive.ts";
import { EncryptionKey } from "./encryption-key.ts";
import { alarmKeyStatement, dataKeyStatement } from "./key-statements.ts";
import type { Names } from "./naming.ts";
import { ServiceLogs } from "./service-logs.ts";
import { ServiceSecrets } from "./service-secrets.ts";
import type { ServiceSettings } from "./service-settings.ts";
import { SigningKey } from "./signing-key.ts";

export interface HostStoresArgs {
  readonly account: Account;
  readonly names: Names;
  readonly settings: Pick<ServiceSettings, "audit" | "logRetentionDays">;
  /** By the name of the variable that a container gets. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  readonly protect: boolean;
}

/** What a host keeps besides its database, each encrypted with a key of the host's own: secrets, logs, audit archive. */
export class HostStores extends pulumi.ComponentResource {
  readonly keyArn: pulumi.Output<string>;
  /** Encrypts the gateway's data keys, and nothing else. */
  readonly dataKeyArn: pulumi.Output<string>;
  /** Signs the audit log, and nothing else. */
  readonly signingKeyArn: pulumi.Output<string>;
  readonly secrets: ServiceSecrets;
  readonly logs: ServiceLogs;
  readonly archive: AuditArchive;

  constructor(name: string, args: HostStoresArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:HostStores", name, {}, options);
    const { account, names, settings, protect } = args;
    const own = { parent: this };
    const key = new EncryptionKey(
      `${names.prefix}-service`,
      {
        ...{ account, protect, description: `${names.prefix}: secrets, logs, alarms` },
        logGroups: [`${names.logPrefix}/application`],
        via: ["secretsmanager"],
        statements: [alarmKeyStatement(account)],
      },
      own,
    );
    // Apart, so that who may read the gateway's secrets may not read the audit log, nor the other way round.
    const auditKey = new EncryptionKey(
      `${names.prefix}-audit`,
      {
        ...{ account, protect, description: `${names.prefix}: audit log and its archive` },
        logGroups: [`${names.logPrefix}/audit`, `${names.logPrefix}/audit-archive`],
        via: ["s3", "firehose"],
      },
      own,
    );
    // Apart too: whoever may start tasks, and so read their secrets, may not open what humans have elsewhere.
    const dataKey = new EncryptionKey(
      `${names.prefix}-tokens`,
      {
        ...{ account, protect, description: `${names.prefix}: data keys of tokens at MCP servers` },
        ...{ logGroups: [], via: [], statements: [dataKeyStatement(account)] },
      },
      own,
    );
    // Apart from the key that encrypts the log: what reads or stores it can't sign it, and what signs it can't read it.
    const signingKey = new SigningKey(
      `${names.prefix}-audit-signing`,
      { account, protect, description: `${names.prefix}: signatures of the audit log` },
      own,
    );
    this.logs = new ServiceLogs(
      `${name}-logs`,
      {
        ...{ prefix: names.logPrefix, protect },
        ...{ applicationKeyArn: key.arn, applicationDays: settings.logRetentionDays },
        ...{ auditKeyArn: auditKey.arn, auditDays: settings.audit.retentionDays },
      },
      own,
    );
    this.archive = new AuditArchive(
      `${name}-audit-archive`,
      {
        ...{ account, protect, auditGroup: this.logs.audit, kmsKeyArn: auditKey.arn },
        ...{ logPrefix: names.logPrefix, logRetentionDays: settings.logRetentionDays },
        lock: {
          mode: settings.audit.archiveLock === "compliance" ? "COMPLIANCE" : "GOVERNANCE",
          days: settings.audit.archiveDays,
        },
      },
      own,
    );
    this.secrets = new ServiceSecrets(
      `${name}-secrets`,
      { values: args.secrets, kmsKeyArn: key.arn, recoveryDays: protect ? 30 : 7 },
      own,
    );
    this.keyArn = key.arn;
    this.dataKeyArn = dataKey.arn;
    this.signingKeyArn = signingKey.arn;
    const { keyArn, dataKeyArn, signingKeyArn } = this;
    this.registerOutputs({ keyArn, dataKeyArn, signingKeyArn });
  }
}
