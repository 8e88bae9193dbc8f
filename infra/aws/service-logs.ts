import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as pulumi from "@pulumi/pulumi";

export interface ServiceLogsArgs {
  /** Names are `<prefix>/<what>`. */
  readonly prefix: string;
  readonly applicationKeyArn: pulumi.Input<string>;
  readonly applicationDays: number;
  readonly auditKeyArn: pulumi.Input<string>;
  readonly auditDays: number;
  readonly protect: boolean;
}

/** What containers write, and apart from it, with a key and a time of its own, the audit log. */
export class ServiceLogs extends pulumi.ComponentResource {
  readonly application: cloudwatch.LogGroup;
  readonly audit: cloudwatch.LogGroup;

  constructor(name: string, args: ServiceLogsArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:ServiceLogs", name, {}, options);
    this.application = new cloudwatch.LogGroup(
      `${name}-application`,
      {
        name: `${args.prefix}/application`,
        kmsKeyId: args.applicationKeyArn,
        retentionInDays: args.applicationDays,
      },
      { parent: this },
    );
    this.audit = new cloudwatch.LogGroup(
      `${name}-audit`,
      {
        name: `${args.prefix}/audit`,
        kmsKeyId: args.auditKeyArn,
        retentionInDays: args.auditDays,
        deletionProtectionEnabled: args.protect,
      },
      { parent: this },
    );
    this.registerOutputs({ application: this.application.name, audit: this.audit.name });
  }
}
