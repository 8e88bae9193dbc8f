import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as kinesis from "@pulumi/aws/kinesis/index.js";
import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf, regionalService } from "./account.ts";
import { PrivateBucket } from "./private-bucket.ts";
import { ServiceRole } from "./service-role.ts";

export interface AuditArchiveArgs {
  readonly account: Account;
  readonly auditGroup: cloudwatch.LogGroup;
  readonly logPrefix: string;
  readonly logRetentionDays: number;
  readonly kmsKeyArn: pulumi.Input<string>;
  readonly lock: { readonly mode: "GOVERNANCE" | "COMPLIANCE"; readonly days: number };
  readonly protect: boolean;
}

/**
 * The audit log for years, where nobody can change it: from its log group over a subscription and Firehose into a bucket
 * whose objects are locked. One JSON line for each record.
 */
export class AuditArchive extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;
  readonly streamName: pulumi.Output<string>;
  readonly subscriptionName: pulumi.Output<string>;

  constructor(name: string, args: AuditArchiveArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:AuditArchive", name, {}, options);
    const { account, auditGroup } = args;
    const own = { parent: this };
    const bucket = new PrivateBucket(
      name,
      { kmsKeyArn: args.kmsKeyArn, lock: args.lock, protect: args.protect, emptied: !args.protect },
      own,
    );
    const errors = new cloudwatch.LogGroup(
      `${name}-errors`,
      { name: `${args.logPrefix}/audit-archive`, kmsKeyId: args.kmsKeyArn, retentionInDays: args.logRetentionDays },
      own,
    );
    const errorStream = new cloudwatch.LogStream(`${name}-errors`, { name: "s3", logGroupName: errors.name }, own);
    const writer = new ServiceRole(
      `${name}-writer`,
      {
        account,
        service: "firehose.amazonaws.com",
        sourceArn: arnOf(account, "firehose", "deliverystream/*"),
        statements: [
          {
            sid: "Bucket",
            actions: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            resources: bucket.arn,
          },
          {
            sid: "Objects",
            actions: ["s3:PutObject", "s3:AbortMultipartUpload"],
            resources: ["audit", "errors"].map((folder) => pulumi.interpolate`${bucket.arn}/${folder}/*`),
          },
          {
            sid: "EncryptObjects",
            actions: ["kms:Decrypt", "kms:GenerateDataKey"],
            resources: args.kmsKeyArn,
            conditions: { StringEquals: { "kms:ViaService": regionalService(account, "s3") } },
          },
          { sid: "SayErrors", actions: "logs:PutLogEvents", resources: errorStream.arn },
        ],
      },
      own,
    );
    const stream = new kinesis.FirehoseDeliveryStream(
      name,
      {
        destination: "extended_s3",
        serverSideEncryption: { enabled: true, keyType: "CUSTOMER_MANAGED_CMK", keyArn: args.kmsKeyArn },
        extendedS3Configuration: {
          roleArn: writer.arn,
          bucketArn: bucket.arn,
          kmsKeyArn: args.kmsKeyArn,
          prefix: "audit/!{timestamp:yyyy/MM/dd}/",
          errorOutputPrefix: "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/",
          bufferingInterval: 60,
          bufferingSize: 64,
          compressionFormat: "GZIP",
          customTimeZone: "UTC",
          fileExtension: ".jsonl.gz",
          cloudwatchLoggingOptions: { enabled: true, logGroupName: errors.name, logStreamName: errorStream.name },
          processingConfiguration: {
            enabled: true,
            // CloudWatch Logs sends compressed envelopes of many records: what is kept are the records.
            processors: [
              {
                type: "Decompression",
                parameters: [{ parameterName: "CompressionFormat", parameterValue: "GZIP" }],
              },
              {
                type: "CloudWatchLogProcessing",
                parameters: [{ parameterName: "DataMessageExtraction", parameterValue: "true" }],
              },
            ],
          },
        },
      },
      own,
    );
    const sender = new ServiceRole(
      `${name}-sender`,
      {
        account,
        service: "logs.amazonaws.com",
        sourceArn: arnOf(account, "logs", "*"),
        statements: [
          { sid: "Send", actions: ["firehose:PutRecord", "firehose:PutRecordBatch"], resources: stream.arn },
        ],
      },
      own,
    );
    const subscription = new cloudwatch.LogSubscriptionFilter(
      name,
      // Everything: a pattern would be a way to leave something out of the archive.
      { logGroup: auditGroup.name, destinationArn: stream.arn, roleArn: sender.arn, filterPattern: "" },
      own,
    );
    this.bucketName = bucket.bucketName;
    this.streamName = stream.name;
    this.subscriptionName = subscription.name;
    this.registerOutputs({ bucketName: this.bucketName, streamName: this.streamName });
  }
}
