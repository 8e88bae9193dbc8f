import { z } from "zod";

/** A key that a stack made. */
export const ourKey = z.string().regex(/^arn:aws:kms:eu-central-1:123456789012:permit-mcp-gateway-[a-z]+-[a-z]+$/);

/** What keeps data, and what it must say to keep it under a key of ours. */
export const stores: Readonly<Record<string, z.ZodType>> = {
  "aws:cloudwatch/logGroup:LogGroup": z.object({ kmsKeyId: ourKey, retentionInDays: z.number().min(1) }),
  "aws:ecr/repository:Repository": z.object({
    encryptionConfigurations: z.tuple([z.object({ encryptionType: z.literal("KMS"), kmsKey: ourKey })]),
    imageTagMutability: z.literal("IMMUTABLE"),
    imageScanningConfiguration: z.object({ scanOnPush: z.literal(true) }),
  }),
  // The disks of its tasks.
  "aws:ecs/cluster:Cluster": z.object({
    configuration: z.object({ managedStorageConfiguration: z.object({ fargateEphemeralStorageKmsKeyId: ourKey }) }),
  }),
  "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": z.object({
    serverSideEncryption: z.object({
      enabled: z.literal(true),
      keyType: z.literal("CUSTOMER_MANAGED_CMK"),
      keyArn: ourKey,
    }),
    extendedS3Configuration: z.object({ kmsKeyArn: ourKey }),
  }),
  "aws:rds/cluster:Cluster": z.object({
    engineVersion: z.string().regex(/^\d+\.\d+$/),
    storageEncrypted: z.literal(true),
    kmsKeyId: ourKey,
    manageMasterUserPassword: z.literal(true),
    masterUserSecretKmsKeyId: ourKey,
    iamDatabaseAuthenticationEnabled: z.literal(true),
    backupRetentionPeriod: z.number().min(7),
  }),
  "aws:rds/clusterInstance:ClusterInstance": z.object({ performanceInsightsKmsKeyId: ourKey }),
  "aws:secretsmanager/secret:Secret": z.object({ kmsKeyId: ourKey, recoveryWindowInDays: z.number().min(7) }),
  "aws:sns/topic:Topic": z.object({ kmsMasterKeyId: ourKey }),
};

/** Everything else that may be in a stack. A new type is in neither list, and the law says so. */
export const noStores = new Set([
  ...["acm/certificate:Certificate", "acm/certificateValidation:CertificateValidation"],
  ...["appautoscaling/policy:Policy", "appautoscaling/target:Target"],
  ...["cloudwatch/dashboard:Dashboard", "cloudwatch/logMetricFilter:LogMetricFilter", "cloudwatch/logStream:LogStream"],
  ...["cloudwatch/logResourcePolicy:LogResourcePolicy", "cloudwatch/logSubscriptionFilter:LogSubscriptionFilter"],
  "cloudwatch/metricAlarm:MetricAlarm",
  ...["ec2/defaultSecurityGroup:DefaultSecurityGroup", "ec2/eip:Eip", "ec2/flowLog:FlowLog"],
  ...[
    "ec2/internetGateway:InternetGateway",
    "ec2/natGateway:NatGateway",
    "ec2/route:Route",
    "ec2/routeTable:RouteTable",
  ],
  ...["ec2/routeTableAssociation:RouteTableAssociation", "ec2/securityGroup:SecurityGroup", "ec2/subnet:Subnet"],
  ...["ec2/vpc:Vpc", "ec2/vpcEndpoint:VpcEndpoint", "ecr/lifecyclePolicy:LifecyclePolicy"],
  ...["ecs/service:Service", "ecs/taskDefinition:TaskDefinition", "iam/role:Role", "iam/rolePolicy:RolePolicy"],
  ...["kms/alias:Alias", "kms/key:Key", "lb/listener:Listener", "lb/listenerCertificate:ListenerCertificate"],
  ...["lb/listenerRule:ListenerRule", "lb/loadBalancer:LoadBalancer", "lb/targetGroup:TargetGroup"],
  ...["rds/clusterParameterGroup:ClusterParameterGroup", "rds/subnetGroup:SubnetGroup", "route53/record:Record"],
  // Buckets are looked at as a whole, below.
  ...["s3/bucket:Bucket", "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"],
  ...["s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", "s3/bucketPolicy:BucketPolicy"],
  ...["s3/bucketOwnershipControls:BucketOwnershipControls", "s3/bucketPublicAccessBlock:BucketPublicAccessBlock"],
  "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  ...["s3/bucketVersioning:BucketVersioning", "secretsmanager/secretVersion:SecretVersion"],
  ...["sns/topicPolicy:TopicPolicy", "sns/topicSubscription:TopicSubscription"],
  ...["vpc/securityGroupEgressRule:SecurityGroupEgressRule", "vpc/securityGroupIngressRule:SecurityGroupIngressRule"],
  ...["wafv2/webAcl:WebAcl", "wafv2/webAclAssociation:WebAclAssociation"],
  "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
]);
