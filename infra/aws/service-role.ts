import * as iam from "@pulumi/aws/iam/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./account.ts";
import { policyDocument, type Statement } from "./policy-document.ts";

export interface ServiceRoleArgs {
  readonly account: Account;
  /** Principal that takes the role, such as `ecs-tasks.amazonaws.com`. */
  readonly service: string;
  /** The only resources for which it may: patterns of names. */
  readonly sourceArn: pulumi.Input<string>;
  /** All that the role may do. */
  readonly statements: readonly Statement[];
}

/**
 * A role that one AWS service takes for one purpose. The service acts for many accounts: the conditions keep it from
 * being talked into this role for a resource of somebody else (the confused deputy).
 */
export class ServiceRole extends pulumi.ComponentResource {
  /** Known once the role may do what it is for, so that who waits for it is not refused. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: ServiceRoleArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:ServiceRole", name, {}, options);
    const role = new iam.Role(
      name,
      {
        assumeRolePolicy: policyDocument([
          {
            sid: "OneServiceForThisAccount",
            principals: { Service: args.service },
            actions: "sts:AssumeRole",
            conditions: {
              StringEquals: { "aws:SourceAccount": args.account.id },
              ArnLike: { "aws:SourceArn": args.sourceArn },
            },
          },
        ]),
      },
      { parent: this },
    );
    const policy = new iam.RolePolicy(
      name,
      { role: role.id, policy: policyDocument(args.statements) },
      { parent: this },
    );
    this.arn = pulumi.all([role.arn, policy.id]).apply(([arn]) => arn);
    this.registerOutputs({ arn: this.arn });
  }
}
