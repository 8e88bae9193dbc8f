import * as kms from "@pulumi/aws/kms/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf, regionalService } from "./account.ts";
import { accountRoot, administrationStatement } from "./key-statements.ts";
import { policyDocument, type Statement } from "./policy-document.ts";

export interface EncryptionKeyArgs {
  readonly account: Account;
  readonly description: string;
  /** Services through which principals of the account that their own policies allow may use the key; none: nobody. */
  readonly via: readonly string[];
  /** Patterns of the names of log groups that CloudWatch Logs encrypts with the key. */
  readonly logGroups: readonly string[];
  /** What else may use it. */
  readonly statements?: readonly Statement[];
  readonly protect: boolean;
}

const use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];

/**
 * A KMS key that is rotated every year. Unless `statements` says so, nobody decrypts with it directly, an administrator of
 * the account included: only through the named services, which check their own permissions first.
 */
export class EncryptionKey extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: EncryptionKeyArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:EncryptionKey", name, {}, options);
    const { account } = args;
    // In a key's policy the resource is always this key, and "*" the only way to say so.
    const resources = "*";
    const throughServices = {
      "kms:ViaService": args.via.map((service) => regionalService(account, service)),
      "kms:CallerAccount": account.id,
    };
    const statements: Statement[] = [administrationStatement(account)];
    const throughThem: Statement[] = [
      {
        sid: "UseThroughServices",
        principals: accountRoot(account),
        actions: use,
        resources,
        conditions: { StringEquals: throughServices },
      },
      {
        sid: "GrantsToServices",
        principals: accountRoot(account),
        actions: "kms:CreateGrant",
        resources,
        conditions: { StringEquals: throughServices, Bool: { "kms:GrantIsForAWSResource": "true" } },
      },
    ];
    if (args.via.length > 0) statements.push(...throughThem);
    if (args.logGroups.length > 0) {
      const arns = args.logGroups.map((pattern) => arnOf(account, "logs", `log-group:${pattern}`));
      statements.push({
        sid: "LogGroups",
        principals: { Service: regionalService(account, "logs") },
        actions: use,
        resources,
        // CloudWatch Logs names the group it encrypts, so that it uses the key for no group of another account.
        conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": arns } },
      });
    }
    const key = new kms.Key(
      name,
      {
        description: args.description,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        policy: policyDocument([...statements, ...(args.statements ?? [])]),
      },
      { parent: this, protect: args.protect },
    );
    new kms.Alias(name, { name: `alias/${name}`, targetKeyId: key.keyId }, { parent: this });
    this.arn = key.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
