import * as pulumi from "@pulumi/pulumi";
import { type Account, arnOf } from "./account.ts";
import type { Statement } from "./policy-document.ts";

/** Manages the key and never uses it: no Encrypt, no Decrypt, no Sign, no grant. */
const administration = [
  "kms:CreateAlias",
  "kms:DeleteAlias",
  "kms:UpdateAlias",
  "kms:Describe*",
  "kms:Get*",
  "kms:List*",
  "kms:PutKeyPolicy",
  "kms:UpdateKeyDescription",
  "kms:EnableKey",
  "kms:DisableKey",
  "kms:EnableKeyRotation",
  "kms:DisableKeyRotation",
  "kms:RotateKeyOnDemand",
  "kms:RevokeGrant",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:ScheduleKeyDeletion",
  "kms:CancelKeyDeletion",
];

/** The account: in a key's policy whoever in it is allowed the same by a policy of their own. */
export const accountRoot = (account: Account) => ({
  AWS: pulumi.interpolate`arn:${account.partition}:iam::${account.id}:root`,
});

/** Administrators of the account, by their own policies. */
export function administrationStatement(account: Account): Statement {
  return { sid: "Administration", principals: accountRoot(account), actions: administration, resources: "*" };
}

/** CloudWatch encrypts what it publishes to a topic; for alarms of this account only. */
export function alarmKeyStatement(account: Account): Statement {
  return {
    sid: "AlarmsToTopic",
    principals: { Service: "cloudwatch.amazonaws.com" },
    actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
    resources: "*",
    conditions: {
      StringEquals: { "aws:SourceAccount": account.id },
      ArnLike: { "aws:SourceArn": arnOf(account, "cloudwatch", "alarm:*") },
    },
  };
}

/** What the gateway says with each request to KMS, and KMS authenticates (`gateway/src/adapters/key-wrapping-kms.ts`). */
export const dataKeyContext = { "kms:EncryptionContext:application": "permit-mcp-gateway" };

/** What a data key is made and opened with: the gateway's own calls, not a service's. */
export const dataKeyActions = ["kms:GenerateDataKey", "kms:Decrypt"];

/** Principals of the account that their own policy allows, for data keys of a gateway. */
export function dataKeyStatement(account: Account): Statement {
  return {
    sid: "DataKeysOfGateway",
    principals: accountRoot(account),
    actions: dataKeyActions,
    resources: "*",
    conditions: { StringEquals: { ...dataKeyContext, "kms:CallerAccount": account.id } },
  };
}

/** What the audit log is signed with, and who reads it learns the public key by (`gateway/src/adapters/audit-signer-kms.ts`). */
export const signingActions = ["kms:Sign", "kms:GetPublicKey"];

/** Principals of the account that their own policy allows, for the signatures of the audit log. */
export function signingStatement(account: Account): Statement {
  return {
    sid: "SignaturesOfAuditLog",
    principals: accountRoot(account),
    actions: signingActions,
    resources: "*",
    conditions: { StringEquals: { "kms:CallerAccount": account.id } },
  };
}

/** Services that use the platform's key by themselves, each for the one thing that its request names. */
export function platformKeyStatements(account: Account, clusterName: string): readonly Statement[] {
  const thisCluster = {
    "kms:EncryptionContext:aws:ecs:clusterAccount": account.id,
    "kms:EncryptionContext:aws:ecs:clusterName": clusterName,
  };
  const fargate = { principals: { Service: "fargate.amazonaws.com" }, resources: "*" } as const;
  return [
    alarmKeyStatement(account),
    {
      sid: "DisksOfTasks",
      ...fargate,
      actions: "kms:GenerateDataKeyWithoutPlaintext",
      conditions: { StringEquals: thisCluster },
    },
    {
      sid: "GrantsForDisksOfTasks",
      ...fargate,
      actions: "kms:CreateGrant",
      conditions: { StringEquals: thisCluster, "ForAllValues:StringEquals": { "kms:GrantOperations": ["Decrypt"] } },
    },
  ];
}
