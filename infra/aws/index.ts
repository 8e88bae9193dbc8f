/** The AWS part of the program. */
import { relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { AwsConfig, HostConfig } from "../config.ts";
import type { HostEnvironment } from "../host/environment-of.ts";
import type { ProvisionedHost } from "../host/provision-host.ts";
import { readAccount } from "./account.ts";
import { GatewayService } from "./gateway-service.ts";
import { hostNameOf } from "./host-name-source.ts";
import { namesOf } from "./naming.ts";
import { Platform } from "./platform.ts";
import { type PlatformOutputs, referToPlatform } from "./platform-outputs.ts";
import type { PlatformSettings } from "./platform-settings.ts";

interface StackArgs {
  /** Root of this repository. */
  readonly root: string;
  readonly production: boolean;
}

/** What every resource is tagged with, to be found and paid for by host and stack. */
const tagsOf = (host: string) => ({ host, stack: pulumi.getStack(), project: pulumi.getProject() });

/** Adds a platform and gives what a host must know of it. */
function platformOf(settings: PlatformSettings, name: string, host: string, { root, production }: StackArgs) {
  const names = namesOf(pulumi.getStack());
  // Relative, because it is kept in the state, and the next one who deploys has the repository somewhere else. Plugins run in
  // the program's folder.
  const folder = relative(process.cwd(), root) || ".";
  const args = { account: readAccount(), names, settings, protect: production, folder, tags: tagsOf(host) };
  return new Platform(name, args).outputs;
}

/** A platform that several hosts share. Its resources are tagged with the host `shared`. */
export function addPlatform(args: StackArgs & { readonly platform: PlatformSettings }): pulumi.Output<PlatformOutputs> {
  return platformOf(args.platform, "shared", "shared", args);
}

export interface GatewayArgs extends StackArgs {
  readonly provisioned: ProvisionedHost;
  readonly host: HostConfig;
  readonly aws: AwsConfig;
  readonly environment: HostEnvironment;
}

/** The gateway of a host, on a platform of its own or on a shared one. */
export function addGateway(args: GatewayArgs) {
  const { host, aws, environment, production } = args;
  const hostKey = args.provisioned.key;
  const platform =
    typeof aws.platform === "string"
      ? referToPlatform(aws.platform)
      : platformOf(aws.platform, `${hostKey}-platform`, hostKey, args);
  const service = new GatewayService(hostKey, {
    account: readAccount(),
    names: namesOf(pulumi.getStack()),
    ...{ settings: aws.service, platform, protect: production, permitApiUrl: host.permitApiUrl },
    hostName: hostNameOf(new URL(host.publicUrl).hostname, aws),
    variablesAt: environment.variablesAt,
    secrets: Object.fromEntries(
      environment.secretNames.map((name) => [name, environment.secrets.apply((values) => values[name] ?? "")]),
    ),
    permitApiKeyName: "PERMIT_API_KEY",
    policy: args.provisioned.resource,
    tags: tagsOf(hostKey),
  });
  return {
    url: host.publicUrl,
    loadBalancer: platform.loadBalancer.dnsName,
    dashboard: service.dashboardUrl,
    auditLogGroup: service.auditLogGroup,
    auditArchive: service.auditArchive,
  };
}
