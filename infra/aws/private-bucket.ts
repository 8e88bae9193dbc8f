import * as s3 from "@pulumi/aws/s3/index.js";
import * as pulumi from "@pulumi/pulumi";
import { policyDocument, type Statement } from "./policy-document.ts";

export interface PrivateBucketArgs {
  /** Left out: S3's own keys, for the one writer that can use no others. */
  readonly kmsKeyArn?: pulumi.Input<string>;
  /** Objects are deleted this long after they were written, old versions included. */
  readonly expirationDays?: number;
  /** Objects can't be deleted or overwritten before. */
  readonly lock?: { readonly mode: "GOVERNANCE" | "COMPLIANCE"; readonly days: number };
  /** Who may write, given the bucket's name as a resource. */
  readonly statements?: (bucketArn: pulumi.Output<string>) => readonly Statement[];
  /** Pulumi refuses to delete it. */
  readonly protect: boolean;
  /** Deleted with all that is in it, instead of not at all while anything is. */
  readonly emptied: boolean;
}

/** A bucket that is closed: no public access, no ACLs, only over TLS, versioned and encrypted. */
export class PrivateBucket extends pulumi.ComponentResource {
  /** Name and ARN, once everything above holds. */
  readonly bucketName: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: PrivateBucketArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:PrivateBucket", name, {}, options);
    const own = { parent: this };
    const made = new s3.Bucket(name, args.lock === undefined ? {} : { objectLockEnabled: true }, {
      ...own,
      protect: args.protect,
    });
    const bucket = made.id;
    const closed = [
      new s3.BucketPublicAccessBlock(
        name,
        { bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
        own,
      ),
      new s3.BucketOwnershipControls(name, { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } }, own),
      new s3.BucketServerSideEncryptionConfiguration(
        name,
        {
          bucket,
          rules: [
            args.kmsKeyArn === undefined
              ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
              : {
                  applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: args.kmsKeyArn },
                  bucketKeyEnabled: true,
                },
          ],
        },
        own,
      ),
    ];
    const versioning = new s3.BucketVersioning(name, { bucket, versioningConfiguration: { status: "Enabled" } }, own);
    if (args.lock !== undefined) {
      new s3.BucketObjectLockConfiguration(
        name,
        { bucket, rule: { defaultRetention: args.lock } },
        { ...own, dependsOn: versioning },
      );
    }
    const { expirationDays } = args;
    if (expirationDays !== undefined) {
      new s3.BucketLifecycleConfiguration(
        name,
        {
          bucket,
          rules: [
            {
              id: "expire",
              status: "Enabled",
              filter: { prefix: "" },
              expiration: { days: expirationDays },
              noncurrentVersionExpiration: { noncurrentDays: 1 },
              abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
            },
          ],
        },
        { ...own, dependsOn: versioning },
      );
    }
    const policy = new s3.BucketPolicy(
      name,
      {
        bucket,
        policy: policyDocument([
          {
            sid: "OnlyOverTls",
            effect: "Deny",
            principals: "*",
            actions: "s3:*",
            resources: [made.arn, pulumi.interpolate`${made.arn}/*`],
            conditions: { Bool: { "aws:SecureTransport": "false" } },
          },
          ...(args.statements?.(made.arn) ?? []),
        ]),
      },
      { ...own, dependsOn: closed },
    );
    this.bucketName = pulumi.all([made.id, policy.id]).apply(([id]) => id);
    this.arn = pulumi.all([made.arn, policy.id]).apply(([arn]) => arn);
    this.registerOutputs({ bucketName: this.bucketName, arn: this.arn });
  }
}
