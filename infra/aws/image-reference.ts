import { getRegistryImageOutput } from "@pulumi/docker/getRegistryImage.js";
import * as pulumi from "@pulumi/pulumi";

/** Name of the repository of an image in ECR: what a role must be allowed to pull from. Undefined for other registries. */
export function ecrRepositoryArn(
  reference: string,
  partition: pulumi.Input<string>,
): pulumi.Output<string> | undefined {
  const parts = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^@:]+)/.exec(reference);
  if (parts === null) return undefined;
  const [, account, region, repository] = parts;
  return pulumi.interpolate`arn:${partition}:ecr:${region}:${account}:repository/${repository}`;
}

/** An image by its digest: as it is when it has one, otherwise the digest that the registry has for the tag now. */
export function imageByDigest(reference: string): pulumi.Output<string> {
  if (reference.includes("@sha256:")) return pulumi.output(reference);
  const repository = reference.replace(/:[^/:]*$/, "");
  return getRegistryImageOutput({ name: reference }).sha256Digest.apply((digest) => `${repository}@${digest}`);
}
