import { getAuthorizationTokenOutput } from "@pulumi/aws/ecr/getAuthorizationToken.js";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { buildTag } from "./build-tag.ts";
import { ImageRepository } from "./image-repository.ts";

export interface BuiltImageArgs {
  /** Root of this repository. */
  readonly folder: string;
  readonly architecture: "arm64" | "x86_64";
  readonly baseImage: string | undefined;
  readonly buildImage: string | undefined;
  readonly kmsKeyArn: pulumi.Input<string>;
  readonly protect: boolean;
}

/** The gateway's image, built here and pushed to a repository of its own. */
export class BuiltImage extends pulumi.ComponentResource {
  /** By digest: what runs is what was built, whatever becomes of the tag. */
  readonly reference: pulumi.Output<string>;
  readonly repositoryArn: pulumi.Output<string>;

  constructor(name: string, args: BuiltImageArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:BuiltImage", name, {}, options);
    const repository = new ImageRepository(name, args, { parent: this });
    const token = getAuthorizationTokenOutput({}, { parent: this });
    const buildArguments = {
      ...(args.baseImage === undefined ? {} : { BASE: args.baseImage }),
      ...(args.buildImage === undefined ? {} : { BUILD_BASE: args.buildImage }),
    };
    const image = new docker.Image(
      name,
      {
        imageName: pulumi.interpolate`${repository.url}:${buildTag(args.folder, buildArguments)}`,
        build: {
          context: args.folder,
          dockerfile: `${args.folder}/gateway/Dockerfile`,
          // The Dockerfile mounts a secret and builds on the builder's own processor: the older builder can do neither.
          builderVersion: "BuilderBuildKit",
          platform: args.architecture === "arm64" ? "linux/arm64" : "linux/amd64",
          args: buildArguments,
        },
        registry: { server: repository.url, username: token.userName, password: pulumi.secret(token.password) },
      },
      { parent: this },
    );
    this.reference = image.repoDigest;
    this.repositoryArn = repository.arn;
    this.registerOutputs({ reference: this.reference, repositoryArn: this.repositoryArn });
  }
}
