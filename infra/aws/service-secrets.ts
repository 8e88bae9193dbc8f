import * as secretsmanager from "@pulumi/aws/secretsmanager/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface ServiceSecretsArgs {
  /** By the name of the variable that a container gets. */
  readonly values: Readonly<Record<string, pulumi.Input<string>>>;
  readonly kmsKeyArn: pulumi.Input<string>;
  /** Days for which a deleted secret can be brought back. */
  readonly recoveryDays: number;
}

/** A secret in Secrets Manager for each variable. */
export class ServiceSecrets extends pulumi.ComponentResource {
  /** What an ECS task definition names: this version, so that another value is another deployment. */
  readonly versions: Readonly<Record<string, pulumi.Output<string>>>;
  readonly arns: readonly pulumi.Output<string>[];

  constructor(name: string, args: ServiceSecretsArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:ServiceSecrets", name, {}, options);
    const own = { parent: this };
    const versions: Record<string, pulumi.Output<string>> = {};
    this.arns = Object.entries(args.values).map(([variable, value]) => {
      const label = `${name}-${variable.toLowerCase().replaceAll("_", "-")}`;
      const secret = new secretsmanager.Secret(
        label,
        { description: variable, kmsKeyId: args.kmsKeyArn, recoveryWindowInDays: args.recoveryDays },
        own,
      );
      const version = new secretsmanager.SecretVersion(label, { secretId: secret.id, secretString: value }, own);
      versions[variable] = pulumi.interpolate`${secret.arn}:::${version.versionId}`;
      return secret.arn;
    });
    this.versions = versions;
    this.registerOutputs();
  }

  /** The version of one variable's secret. Throws TypeError for a variable that is none of them. */
  version(variable: string): pulumi.Output<string> {
    const version = this.versions[variable];
    if (version === undefined) throw new TypeError(`There is no secret ${variable}.`);
    return version;
  }
}
