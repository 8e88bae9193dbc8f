import * as pulumi from "@pulumi/pulumi";
import type { HostConfig } from "../config.ts";
import { type GatewayEnvironment, type GatewayEnvironmentArgs, gatewayEnvironment } from "../gateway-environment.ts";
import { gatewaySecretNames } from "../gateway-variables.ts";
import type { ProvisionedHost } from "./provision-host.ts";

/** Where a gateway runs: what it is told besides what its host is. */
export interface Place
  extends Pick<
    GatewayEnvironmentArgs,
    | "port"
    | "permitPdpUrl"
    | "database"
    | "auditDestinations"
    | "auditKeyKmsArn"
    | "dataKeyKmsArn"
    | "secretsPrefix"
    | "trustedProxies"
    | "shutdown"
  > {}

/** What a host's gateway is started with, secrets apart and marked as such. */
export interface HostEnvironment {
  /** The variables that may be seen, of a gateway at a place. The database is that of `databaseUrl`, when there is one. */
  variablesAt(place: pulumi.Input<Place>): pulumi.Output<GatewayEnvironment["plain"]>;
  /** The same everywhere. */
  readonly secrets: pulumi.Output<GatewayEnvironment["secrets"]>;
  /** The names of the secrets: they are known before their values are. */
  readonly secretNames: readonly string[];
}

/** The environment of a host's gateway. */
export function environmentOf(host: ProvisionedHost, config: HostConfig): HostEnvironment {
  const { publicUrl, permitApiUrl, logLevel, initialAccounts, databaseUrl, smtpUrl, smtpFrom } = config;
  const at = (place: pulumi.Input<Place>) =>
    pulumi
      .all([host.environmentKey, config.authSecret, databaseUrl, initialAccounts, smtpUrl, place])
      .apply(([permitApiKey, authSecret, databaseUrl, initialAccounts, smtpUrl, place]) =>
        gatewayEnvironment({
          ...(place as Place),
          ...(databaseUrl === undefined ? {} : { database: { url: databaseUrl } }),
          ...{ hostKey: host.key, publicUrl, permitApiUrl, permitApiKey, authSecret, initialAccounts, logLevel },
          ...(smtpUrl === undefined ? {} : { mail: { url: smtpUrl, from: smtpFrom } }),
        }),
      );
  const given: Readonly<Partial<Record<(typeof gatewaySecretNames)[number], unknown>>> = {
    ...{ AUTH_SECRET: config.authSecret, PERMIT_API_KEY: host.environmentKey },
    ...{ DATABASE_URL: databaseUrl, INITIAL_ACCOUNTS: initialAccounts, SMTP_URL: smtpUrl },
  };
  const nowhere: Place = { permitPdpUrl: "", database: { dataDir: "" } };
  return {
    // Everything made with a secret is marked as one; these were chosen because they hold none.
    variablesAt: (place) => pulumi.unsecret(at(place).apply(({ plain }) => plain)),
    secrets: pulumi.secret(at(nowhere).apply(({ secrets }) => secrets)),
    secretNames: gatewaySecretNames.filter((name) => given[name] !== undefined),
  };
}
