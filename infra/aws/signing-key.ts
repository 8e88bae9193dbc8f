import * as kms from "@pulumi/aws/kms/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./account.ts";
import { administrationStatement, signingStatement } from "./key-statements.ts";
import { policyDocument } from "./policy-document.ts";

export interface SigningKeyArgs {
  readonly account: Account;
  readonly description: string;
  readonly protect: boolean;
}

/**
 * A KMS key for Ed25519 signatures, of which the private half never leaves KMS. It is not rotated: KMS rotates symmetric
 * keys only. Deleting it makes nothing unreadable, and takes the public half with it that old signatures are checked with.
 */
export class SigningKey extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: SigningKeyArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:SigningKey", name, {}, options);
    const { account } = args;
    const key = new kms.Key(
      name,
      {
        description: args.description,
        customerMasterKeySpec: "ECC_NIST_EDWARDS25519",
        keyUsage: "SIGN_VERIFY",
        enableKeyRotation: false,
        deletionWindowInDays: 30,
        policy: policyDocument([administrationStatement(account), signingStatement(account)]),
      },
      { parent: this, protect: args.protect },
    );
    new kms.Alias(name, { name: `alias/${name}`, targetKeyId: key.keyId }, { parent: this });
    this.arn = key.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
