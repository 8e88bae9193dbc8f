import type { AwsConfig } from "../config.ts";
import type { HostNameArgs } from "./host-name.ts";

/**
 * Where the name of a host and its certificate come from. Without settings of its own a host uses those of the platform: a
 * platform of its own has the host's certificate, a shared one whatever it was given. Pure.
 */
export function hostNameOf(
  hostname: string,
  { service, platform }: AwsConfig,
): Pick<HostNameArgs, "hostname" | "hostedZone" | "certificate"> {
  const own = typeof platform === "string" ? undefined : platform;
  const hostedZone = service.hostedZone ?? own?.hostedZone;
  if (service.certificateArn !== undefined)
    return { hostname, hostedZone, certificate: { arn: service.certificateArn } };
  const covered = hostedZone === undefined || own?.domain === hostname;
  return { hostname, hostedZone, certificate: covered ? "platform" : "issue" };
}
