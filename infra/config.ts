import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type PlatformSettings, platformSettingsSchema } from "./aws/platform-settings.ts";
import { type ServiceSettings, serviceSettingsSchema } from "./aws/service-settings.ts";
import { type PermitPlanName, permitPlans } from "./permit/quotas.ts";

/** What a host is and how it is reached, wherever it runs. */
export interface HostConfig {
  /** Folder of the host's policy, relative to the repository. */
  readonly policies: string;
  readonly permitApiUrl: string;
  /** The Permit plan of the organization; undefined: not said. */
  readonly permitPlan: PermitPlanName | undefined;
  /** Whether the Permit environment may be deleted. */
  readonly deletable: boolean;
  readonly publicUrl: string;
  readonly logLevel: string | undefined;
  readonly databaseUrl: pulumi.Output<string> | undefined;
  readonly authSecret: pulumi.Output<string>;
  /** Mail server, with its password, and the address that mail comes from. Both or neither. */
  readonly smtpUrl: pulumi.Output<string> | undefined;
  readonly smtpFrom: string | undefined;
  readonly initialAccounts: pulumi.Output<readonly { readonly email: string; readonly password: string }[]> | undefined;
}

/** Where a gateway runs that this stack does not start. */
export interface ElsewhereConfig {
  readonly permitPdpUrl: string;
  readonly port: number | undefined;
  readonly dataDir: string;
}

/** Where a gateway runs that this stack starts. */
export interface AwsConfig {
  readonly service: ServiceSettings;
  /** A platform of its own, or the full name of the stack of a shared one. */
  readonly platform: PlatformSettings | string;
}

/**
 * The stack's configuration, typed. Its form follows from the keys that are there: `platform` alone is a platform that
 * hosts share; with `service` it is a host in AWS; neither is a host in Permit whose gateway runs elsewhere.
 */
export type StackConfig = { readonly production: boolean } & (
  | { readonly form: "platform"; readonly platform: PlatformSettings }
  | { readonly form: "host-in-aws"; readonly host: HostConfig; readonly aws: AwsConfig }
  | { readonly form: "host-elsewhere"; readonly host: HostConfig; readonly elsewhere: ElsewhereConfig }
);

type Issues = readonly z.core.$ZodIssue[];

/** Of a value that may have several forms the one with settings is meant. */
function linesOf(path: readonly PropertyKey[], issues: Issues): string[] {
  return issues.flatMap((issue) => {
    const place = [...path, ...issue.path];
    const settings = issue.code === "invalid_union" ? issue.errors.at(-1) : undefined;
    return settings === undefined
      ? [`permit-mcp-gateway:${place.join(".")} ${issue.message}`]
      : linesOf(place, settings);
  });
}

function parse<Schema extends z.ZodType>(key: string, schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new pulumi.RunError(`The stack's configuration is wrong:\n${linesOf([key], parsed.error.issues).join("\n")}`);
}

function readHost(config: pulumi.Config): HostConfig {
  // Asked for here so that a stack without it fails before anything is planned, with Pulumi's own words.
  config.requireSecret("permitApiKey");
  // These two are read by the Permit resources; a value that they would not understand is refused here.
  config.getBoolean("adopt");
  config.get("permitRateLimits", { allowedValues: ["permit", "none"] });
  const smtpUrl = config.getSecret("smtpUrl");
  const smtpFrom = config.get("smtpFrom");
  if ((smtpUrl === undefined) !== (smtpFrom === undefined)) {
    const problem = "permit-mcp-gateway:smtpUrl and smtpFrom belong together: set both or neither";
    throw new pulumi.RunError(`The stack's configuration is wrong:\n${problem}`);
  }
  return {
    policies: config.get("policies") ?? `policies/hosts/${pulumi.getStack()}`,
    permitApiUrl: config.get("permitApiUrl") ?? "https://api.permit.io",
    permitPlan: config.get("permitPlan", { allowedValues: Object.keys(permitPlans) as PermitPlanName[] }),
    deletable: config.getBoolean("deletable") ?? false,
    publicUrl: config.require("publicUrl"),
    logLevel: config.get("logLevel"),
    databaseUrl: config.getSecret("databaseUrl"),
    authSecret: config.requireSecret("authSecret"),
    smtpUrl,
    smtpFrom,
    initialAccounts: config.getSecretObject("initialAccounts"),
  };
}

/** What the settings of a host in AWS must have together. */
function checkTogether(host: HostConfig, { service, platform }: AwsConfig): void {
  const problems: string[] = [];
  if (URL.canParse(host.publicUrl) && new URL(host.publicUrl).protocol !== "https:") {
    problems.push("publicUrl must begin with https:// in AWS");
  }
  if ((host.databaseUrl === undefined) !== (service.externalDatabase === undefined)) {
    problems.push("databaseUrl and service.externalDatabase belong together: set both or neither");
  }
  if (typeof platform !== "string" && platform.database === false && service.externalDatabase === undefined) {
    problems.push("platform.database is false: set databaseUrl and service.externalDatabase");
  }
  if (problems.length > 0) {
    const lines = problems.map((problem) => `permit-mcp-gateway:${problem}`);
    throw new pulumi.RunError(`The stack's configuration is wrong:\n${lines.join("\n")}`);
  }
}

/** Reads the configuration: the only reader of it besides the Permit resources, which take their API key themselves. */
export function readStackConfig(): StackConfig {
  const config = new pulumi.Config();
  // Protected unless the stack says that it may be lost.
  const production = config.getBoolean("production") ?? true;
  const service = config.getObject("service");
  const reference = config.get("platform");
  const isReference = reference !== undefined && !reference.trimStart().startsWith("{");
  const platform = isReference
    ? parse(
        "platform",
        z.string().regex(/^[^/\s]+\/[^/\s]+\/[^/\s]+$/, "must be organization/project/stack"),
        reference,
      )
    : reference === undefined
      ? undefined
      : parse("platform", platformSettingsSchema(production), config.getObject("platform"));
  if (service !== undefined) {
    if (platform === undefined) {
      throw new pulumi.RunError("permit-mcp-gateway:service needs permit-mcp-gateway:platform; see stacks/README.md.");
    }
    const aws = { service: parse("service", serviceSettingsSchema(production), service), platform };
    const host = readHost(config);
    checkTogether(host, aws);
    return { form: "host-in-aws", production, host, aws };
  }
  if (typeof platform === "string") {
    throw new pulumi.RunError("permit-mcp-gateway:platform names a stack, but permit-mcp-gateway:service is missing.");
  }
  if (platform !== undefined) return { form: "platform", production, platform };
  const elsewhere = {
    permitPdpUrl: config.require("permitPdpUrl"),
    port: config.getNumber("port"),
    dataDir: config.get("dataDir") ?? "/data",
  };
  return { form: "host-elsewhere", production, host: readHost(config), elsewhere };
}
