import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf, regionalService } from "./account.ts";
import { dataKeyActions, dataKeyContext, signingActions } from "./key-statements.ts";
import type { Statement } from "./policy-document.ts";
import { ServiceRole } from "./service-role.ts";

export interface ServiceRolesArgs {
  readonly account: Account;
  readonly applicationGroupArn: pulumi.Input<string>;
  readonly auditGroupArn: pulumi.Input<string>;
  /** Secrets that containers get, by key that encrypts them. */
  readonly secrets: readonly ReadableSecrets[];
  /** Repositories in ECR from which images are pulled. */
  readonly repositoryArns: readonly pulumi.Input<string>[];
  /** Beginning of the names of the secrets that the policy may name, and the key of those that are not under AWS's own. */
  readonly policySecrets: { readonly prefix: string; readonly kmsKeyArn: pulumi.Input<string> };
  /** The key of the gateway's data keys. */
  readonly dataKeyArn: pulumi.Input<string>;
  /** The key that signs the audit log. */
  readonly signingKeyArn: pulumi.Input<string>;
  /** The database user that tasks may be; left out: none, they have a password. */
  readonly databaseUser: { readonly clusterResourceId: pulumi.Input<string>; readonly name: string } | undefined;
}

interface ReadableSecrets {
  readonly arns: readonly pulumi.Input<string>[];
  readonly kmsKeyArn: pulumi.Input<string>;
}

function readSecrets(account: Account, label: string, { arns, kmsKeyArn }: ReadableSecrets): Statement[] {
  return [
    { sid: `ReadSecrets${label}`, actions: "secretsmanager:GetSecretValue", resources: arns },
    {
      sid: `DecryptSecrets${label}`,
      actions: "kms:Decrypt",
      resources: kmsKeyArn,
      conditions: { StringEquals: { "kms:ViaService": regionalService(account, "secretsmanager") } },
    },
  ];
}

/** What ECS may do to start a task, and what the task itself may do: nothing in common. */
export class ServiceRoles extends pulumi.ComponentResource {
  readonly executionRoleArn: pulumi.Output<string>;
  readonly taskRoleArn: pulumi.Output<string>;

  constructor(name: string, args: ServiceRolesArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:ServiceRoles", name, {}, options);
    const { account, databaseUser } = args;
    const common = { account, service: "ecs-tasks.amazonaws.com", sourceArn: arnOf(account, "ecs", "*") };
    // A stream is made in the group and written to by its own name.
    const groupAndStreams = (group: pulumi.Input<string>) => [group, pulumi.interpolate`${group}:log-stream:*`];
    const execution = new ServiceRole(
      `${name}-execution`,
      {
        ...common,
        statements: [
          // The token is the account's: there is no resource to name.
          { sid: "RegistryToken", actions: "ecr:GetAuthorizationToken", resources: "*" },
          {
            sid: "PullImages",
            actions: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            resources: args.repositoryArns,
          },
          {
            sid: "WriteLogs",
            actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
            resources: groupAndStreams(args.applicationGroupArn),
          },
          ...args.secrets.flatMap(({ arns, kmsKeyArn }, index) =>
            readSecrets(account, `${index + 1}`, { arns, kmsKeyArn }),
          ),
        ],
      },
      { parent: this },
    );
    const ship: Statement[] = [
      {
        sid: "ShipAuditRecords",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: groupAndStreams(args.auditGroupArn),
      },
    ];
    const connect: Statement[] =
      databaseUser === undefined
        ? []
        : [
            {
              sid: "ConnectToOwnDatabase",
              actions: "rds-db:connect",
              resources: arnOf(
                account,
                "rds-db",
                pulumi.interpolate`dbuser:${databaseUser.clusterResourceId}/${databaseUser.name}`,
              ),
            },
          ];
    const { prefix, kmsKeyArn } = args.policySecrets;
    const read = readSecrets(account, "OfPolicy", {
      arns: [arnOf(account, "secretsmanager", `secret:${prefix}*`)],
      kmsKeyArn,
    });
    const dataKeys: Statement = {
      sid: "DataKeys",
      actions: dataKeyActions,
      resources: args.dataKeyArn,
      conditions: { StringEquals: dataKeyContext },
    };
    const sign: Statement = { sid: "SignAuditLog", actions: signingActions, resources: args.signingKeyArn };
    const statements = [...ship, ...connect, ...read, dataKeys, sign];
    const task = new ServiceRole(`${name}-task`, { ...common, statements }, { parent: this });
    this.executionRoleArn = execution.arn;
    this.taskRoleArn = task.arn;
    this.registerOutputs({ executionRoleArn: this.executionRoleArn, taskRoleArn: this.taskRoleArn });
  }
}
