/** What AWS and Permit would answer, as far as the program looks at it. Values say where they are from, so that tests can. */

export const accountId = "123456789012";
export const region = "eu-central-1";

/** Outputs of data sources, by token. */
export function answerCall(token: string, inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  switch (token) {
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId };
    case "aws:index/getRegion:getRegion":
      return { region };
    case "aws:index/getPartition:getPartition":
      return { partition: "aws" };
    case "aws:index/getAvailabilityZones:getAvailabilityZones":
      return { names: ["a", "b", "c"].map((zone) => `${region}${zone}`) };
    case "aws:ec2/getSubnet:getSubnet":
      return { cidrBlock: `10.0.${String(inputs.id).length}.0/24` };
    case "aws:route53/getZone:getZone":
      return { zoneId: `zone-of-${inputs.name}` };
    case "aws:rds/getEngineVersion:getEngineVersion":
      return { versionActual: `${inputs.version}.5` };
    case "aws:ecr/getAuthorizationToken:getAuthorizationToken":
      return { userName: "AWS", password: "registry-password" };
    case "docker:index/getRegistryImage:getRegistryImage":
      return { sha256Digest: `sha256:${"d".repeat(64)}` };
    default:
      throw new Error(`The program asks for ${token}: say in answers.ts what AWS would answer.`);
  }
}

/** Outputs of a resource besides its inputs. */
export function answerResource(
  type: string,
  inputs: Readonly<Record<string, unknown>>,
  references: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Record<string, unknown> {
  if (type === "pulumi:pulumi:StackReference") return { outputs: references[String(inputs.name)] ?? {} };
  if (type.endsWith("permit:Environment")) return { apiKey: "environment-key" };
  if (type === "docker:index/image:Image")
    return { repoDigest: `registry.example.com/gateway@sha256:${"e".repeat(64)}` };
  if (!type.startsWith("aws:")) return {};
  const [, , kind] = type.split(":");
  const name = String((inputs.tags as { Name?: string } | undefined)?.Name ?? kind);
  return {
    arn:
      kind === "Bucket"
        ? `arn:aws:s3:::${name}`
        : `arn:aws:${type.split(":")[1]?.split("/")[0]}:${region}:${accountId}:${name}`,
    name: inputs.name ?? name,
    arnSuffix: `suffix-of-${name}`,
    ...(kind === "Key" ? { keyId: `key-id-of-${name}` } : {}),
    ...(kind === "Repository" ? { repositoryUrl: `${accountId}.dkr.ecr.${region}.amazonaws.com/${name}` } : {}),
    ...(kind === "LoadBalancer" ? { dnsName: "balancer.example.com", zoneId: "zone-of-balancer" } : {}),
    ...(kind === "Cluster" && type.startsWith("aws:rds")
      ? {
          endpoint: "database.example.com",
          port: 5432,
          clusterResourceId: "cluster-RESOURCE",
          masterUserSecrets: [{ secretArn: `arn:aws:secretsmanager:${region}:${accountId}:secret:master` }],
        }
      : {}),
    ...(kind === "Certificate"
      ? {
          domainValidationOptions: [
            { resourceRecordName: "_proof", resourceRecordType: "CNAME", resourceRecordValue: "_value" },
          ],
        }
      : {}),
    ...(kind === "Record" ? { fqdn: inputs.name } : {}),
    ...(kind === "SecretVersion" ? { versionId: "version-1" } : {}),
  };
}
