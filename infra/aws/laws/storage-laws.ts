import { z } from "zod";
import { type Law, ofType, plain, type Stack } from "./law.ts";
import { noStores, ourKey, stores } from "./stores.ts";

const text = z.string();

/** Every store is encrypted with a key of ours, every log ends. */
export const encryptedWithOurKeys: Law = ({ all }) =>
  all
    .filter(({ type }) => type.startsWith("aws:"))
    .flatMap(({ type, name, inputs }) => {
      const store = stores[type];
      if (store === undefined) return noStores.has(type.slice("aws:".length)) ? [] : [`${name}: is ${type} a store?`];
      const { success, error } = store.safeParse(plain(inputs));
      return success ? [] : error.issues.map(({ path, message }) => `${name}: ${path.join(".")} ${message}`);
    });

/** Keys that stay the same for as long as they are there. Each is used, or a test fails. */
export const keysWithoutRotation = [
  { name: /-audit-signing$/, because: "KMS rotates symmetric keys only, and this one signs: its pair is asymmetric" },
];

/** Every key gets new material each year, and is not gone at once when it is deleted. */
export const keysRotate: Law = (stack) =>
  ofType(stack, "aws:kms/key:Key", {
    enableKeyRotation: z.boolean(),
    deletionWindowInDays: z.literal(30),
    keyUsage: text.default("ENCRYPT_DECRYPT"),
  })
    .filter(({ name, enableKeyRotation, keyUsage }) => {
      const asymmetric = keyUsage === "SIGN_VERIFY" && keysWithoutRotation.some((each) => each.name.test(name));
      return enableKeyRotation === asymmetric;
    })
    .map(({ name, enableKeyRotation }) => `${name} ${enableKeyRotation ? "can't be rotated" : "is not rotated"}`);

/** Buckets in which AWS allows no key of ours. */
export const bucketsWithoutOurKey = [
  { name: /-load-balancer-logs$/, because: "load balancers write access logs under S3's own keys only" },
];

/** Every bucket is private, versioned, encrypted and reached over TLS only. */
export const closedBuckets: Law = (stack) => {
  const of = <Shape extends z.ZodRawShape>(kind: string, shape: Shape) =>
    ofType(stack, `aws:s3/bucket${kind}:Bucket${kind}`, { ...shape, bucket: text });
  const publicAccess = of("PublicAccessBlock", {
    ...{ blockPublicAcls: z.boolean(), blockPublicPolicy: z.boolean() },
    ...{ ignorePublicAcls: z.boolean(), restrictPublicBuckets: z.boolean() },
  });
  const encryption = of("ServerSideEncryptionConfiguration", {
    rules: z.array(z.object({ applyServerSideEncryptionByDefault: z.object({ kmsMasterKeyId: text.optional() }) })),
  });
  const policies = of("Policy", { policy: text });
  const owned = of("OwnershipControls", { rule: z.object({ objectOwnership: text }) });
  const versioned = of("Versioning", { versioningConfiguration: z.object({ status: text }) });
  return ofType(stack, "aws:s3/bucket:Bucket", {}).flatMap(({ name }) => {
    const own = <Each extends { readonly bucket: string }>(list: readonly Each[]) =>
      list.find(({ bucket }) => bucket === `${name}-id`);
    const key = own(encryption)?.rules[0]?.applyServerSideEncryptionByDefault.kmsMasterKeyId;
    const access = own(publicAccess);
    const problems = {
      "is open to the public": ![
        access?.blockPublicAcls,
        access?.blockPublicPolicy,
        access?.ignorePublicAcls,
        access?.restrictPublicBuckets,
      ].every((blocked) => blocked === true),
      "can have objects of others": own(owned)?.rule.objectOwnership !== "BucketOwnerEnforced",
      "keeps no versions": own(versioned)?.versioningConfiguration.status !== "Enabled",
      "can be read without TLS": !/"Effect":"Deny".*"s3:\*".*"aws:SecureTransport":"false"/.test(
        own(policies)?.policy ?? "",
      ),
      "is not under a key of ours":
        !ourKey.safeParse(key).success && !bucketsWithoutOurKey.some((exception) => exception.name.test(name)),
    };
    return Object.entries(problems)
      .filter(([, holds]) => holds)
      .map(([problem]) => `${name} ${problem}`);
  });
};

/** In production nothing that holds data, and not the way in, is deleted by mistake; elsewhere nothing is in the way of it. */
export const deletionProtection: Law = (stack) => {
  const { production } = stack;
  const found = [
    ...ofType(stack, "aws:rds/cluster:Cluster", {
      deletionProtection: z.boolean(),
      skipFinalSnapshot: z.boolean(),
    }).map(
      ({ name, protect, deletionProtection, skipFinalSnapshot }) =>
        [name, protect && deletionProtection && !skipFinalSnapshot] as const,
    ),
    ...ofType(stack, "aws:lb/loadBalancer:LoadBalancer", { enableDeletionProtection: z.boolean() }).map(
      ({ name, enableDeletionProtection }) => [name, enableDeletionProtection] as const,
    ),
    ...ofType(stack, "aws:ecr/repository:Repository", { forceDelete: z.boolean() }).map(
      ({ name, forceDelete }) => [name, !forceDelete] as const,
    ),
    ...ofType(stack, "aws:kms/key:Key", {}).map(({ name, protect }) => [name, protect] as const),
    ...auditStores(stack),
  ];
  return found
    .filter(([, protects]) => protects !== production)
    .map(([name]) => `${name} ${production ? "can" : "can't"} be deleted`);
};

function auditStores(stack: Stack) {
  return [
    ...ofType(stack, "aws:s3/bucket:Bucket", { objectLockEnabled: z.boolean().optional() })
      .filter(({ objectLockEnabled }) => objectLockEnabled === true)
      .map(({ name, protect }) => [name, protect] as const),
    ...ofType(stack, "aws:cloudwatch/logGroup:LogGroup", { deletionProtectionEnabled: z.boolean().optional() })
      .filter(({ name }) => name.endsWith("-audit"))
      .map(({ name, deletionProtectionEnabled }) => [name, deletionProtectionEnabled === true] as const),
  ];
}

/** The key of a log group lets CloudWatch Logs use it for that group: otherwise the group can't be made. */
export const keysKnowTheirLogGroups: Law = (stack) => {
  const keys = ofType(stack, "aws:kms/key:Key", { policy: text });
  return stack.all
    .filter(({ type }) => type === "aws:cloudwatch/logGroup:LogGroup")
    .map(({ inputs }) => z.object({ kmsKeyId: text, name: text }).parse(plain(inputs)))
    .filter(({ kmsKeyId, name }) => {
      const policy = keys.find((key) => kmsKeyId.endsWith(`:${key.name}`))?.policy ?? "";
      const patterns = [name, name.replace(/[^/]+$/, "*")];
      return !patterns.some((pattern) =>
        policy.includes(`"arn:aws:logs:eu-central-1:123456789012:log-group:${pattern}"`),
      );
    })
    .map(({ name }) => `${name} is not known to its key`);
};
