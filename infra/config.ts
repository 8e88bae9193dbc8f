import * as pulumi from "@pulumi/pulumi";
import { type PermitPlanName, permitPlans } from "./permit/quotas.ts";

/** The stack's configuration, typed. `stacks/README.md` says what each key does. */
export interface StackConfig {
  /** Folder of the host's policy, relative to the repository. */
  readonly policies: string;
  readonly permitApiUrl: string;
  readonly permitPdpUrl: string;
  /** The Permit plan of the organization; undefined: not said. */
  readonly permitPlan: PermitPlanName | undefined;
  /** Whether the Permit environment may be deleted. */
  readonly deletable: boolean;
  readonly publicUrl: string;
  readonly port: number | undefined;
  readonly logLevel: string | undefined;
  readonly dataDir: string;
  readonly databaseUrl: pulumi.Output<string> | undefined;
  readonly authSecret: pulumi.Output<string>;
  readonly initialAccounts: pulumi.Output<readonly { readonly email: string; readonly password: string }[]> | undefined;
}

/** Reads the configuration: the only reader of it besides the Permit resources, which take their API key themselves. */
export function readStackConfig(): StackConfig {
  const config = new pulumi.Config();
  // Asked for here so that a stack without it fails before anything is planned, with Pulumi's own words.
  config.requireSecret("permitApiKey");
  // These two are read by the Permit resources; a value that they would not understand is refused here.
  config.getBoolean("adopt");
  config.get("permitRateLimits", { allowedValues: ["permit", "none"] });
  return {
    policies: config.get("policies") ?? `policies/hosts/${pulumi.getStack()}`,
    permitApiUrl: config.get("permitApiUrl") ?? "https://api.permit.io",
    permitPdpUrl: config.require("permitPdpUrl"),
    permitPlan: config.get("permitPlan", { allowedValues: Object.keys(permitPlans) as PermitPlanName[] }),
    deletable: config.getBoolean("deletable") ?? false,
    publicUrl: config.require("publicUrl"),
    port: config.getNumber("port"),
    logLevel: config.get("logLevel"),
    dataDir: config.get("dataDir") ?? "/data",
    databaseUrl: config.getSecret("databaseUrl"),
    authSecret: config.requireSecret("authSecret"),
    initialAccounts: config.getSecretObject("initialAccounts"),
  };
}
