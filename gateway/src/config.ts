/** The environment, read once and typed. The same variables on ECS and on a laptop. */
import { hostname } from "node:os";
import { join } from "node:path";
import { isLoopbackName } from "@permit-mcp-gateway/policies";
import { z } from "zod";
import type { AuditDestinationSettings } from "./audit-destination-forms.ts";
import { auditDestinationProblems, auditDestinationsSchema, auditWebhookSecretSchema } from "./audit-destinations.ts";
import {
  databaseOf,
  databaseServerFields,
  databaseUrlSchema,
  type IamDatabase,
  type UrlDatabase,
} from "./database-settings.ts";
import { jsonVariable } from "./json-variable.ts";
import { type MailSettings, mailOf, smtpFromSchema, smtpUrlSchema } from "./mail-settings.ts";
import { type AllowedProgram, programsSchema } from "./programs.ts";
import type { ShutdownTimes } from "./shutdown.ts";
import { type TelemetrySettings, telemetryFields, telemetryOf } from "./telemetry/settings.ts";
import { trustedProxiesSchema } from "./trusted-proxies.ts";

const origin = z.url().transform((value, context) => {
  const url = new URL(value);
  // Plain http off the machine would send tokens and cookies in the clear (RFC 6749 section 3.1).
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopbackName(url.hostname))) {
    context.addIssue({ code: "custom", message: "must be https, or http on localhost" });
    return z.NEVER;
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    context.addIssue({ code: "custom", message: "must be an origin without path, such as https://mcp.example.com" });
    return z.NEVER;
  }
  return url.origin;
});

const accounts = jsonVariable('[{"email":"...","password":"..."}]')
  .pipe(z.array(z.strictObject({ email: z.email(), password: z.string().min(8) })))
  .prefault("[]");

const kmsKeyArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, "must be the ARN of a key");

/** The variables by name. The table in `gateway/README.md` lists the same; a test compares the two. */
export const environmentSchema = z.object({
  /** Address to listen on. */
  LISTEN_HOST: z.string().default("0.0.0.0"),
  PORT: z.coerce.number().int().min(1).max(65_535).default(8080),
  /** Origin under which clients reach the gateway: the OAuth issuer and the base of every resource identifier. */
  PUBLIC_URL: origin,
  /** Reverse proxies whose `X-Forwarded-For` is believed. */
  TRUSTED_PROXIES: trustedProxiesSchema.optional(),
  /** Key of the `gateway_host` instance in Permit. */
  HOST_KEY: z.string().regex(/^[A-Za-z0-9\-_]+$/),
  /** Environment-level Permit API key. Secret. */
  PERMIT_API_KEY: z.string().min(1),
  PERMIT_API_URL: z.url().default("https://api.permit.io"),
  PERMIT_PDP_URL: z.url(),
  /** PostgreSQL. Without it and DATABASE_HOST an embedded database in DATA_DIR is used. Secret. */
  DATABASE_URL: databaseUrlSchema.optional(),
  /** PostgreSQL on Amazon RDS or Aurora, which takes a token of the task's role as password. */
  DATABASE_HOST: databaseServerFields.host.optional(),
  DATABASE_PORT: databaseServerFields.port,
  DATABASE_NAME: databaseServerFields.name.optional(),
  DATABASE_USER: databaseServerFields.user.optional(),
  DATABASE_AUTH: z.literal("aws-iam").optional(),
  /** Certificate authorities of the database, PEM. */
  DATABASE_CA_FILE: databaseServerFields.caFile,
  /** Folder of the embedded database. */
  DATA_DIR: z.string().default("/data"),
  /** Signs cookies and seals session ids. At least 32 characters, the same for all replicas. Secret. */
  AUTH_SECRET: z.string().min(32),
  /** Accounts made at start if they don't exist yet: JSON list of {email, password}. Secret. */
  INITIAL_ACCOUNTS: accounts,
  /** Mail server, or `terminal:` on a laptop. Without it whatever needs mail is off. Secret: it holds the password. */
  SMTP_URL: smtpUrlSchema.optional(),
  /** Sender of all mail. */
  SMTP_FROM: smtpFromSchema.optional(),
  /** Where audit records are shipped to: URLs separated by spaces. */
  AUDIT_DESTINATIONS: auditDestinationsSchema,
  /** Signs what is sent to webhooks. Secret. */
  AUDIT_WEBHOOK_SECRET: auditWebhookSecretSchema.optional(),
  /**
   * Key that signs the audit log: the ARN of a key of AWS KMS, or a file. Without both it is a file in DATA_DIR where the
   * embedded database is; with another database checkpoints are not signed.
   */
  AUDIT_KEY_KMS_ARN: kmsKeyArn.optional(),
  AUDIT_KEY_FILE: z.string().min(1).optional(),
  /** Seconds between two checkpoints of the audit log. */
  AUDIT_CHECKPOINT_SECONDS: z.coerce.number().min(0.2).max(3600).default(60),
  /** Name of this process in audit records. Without it, that of the machine. */
  REPLICA_NAME: z
    .string()
    .regex(/^[\w.:-]{1,128}$/, "must be of letters, digits and . : _ -")
    .optional(),
  /**
   * Prefix of the names of the policy's secrets in AWS Secrets Manager. Without it they are variables of the environment,
   * see `adapters/secrets-environment.ts`.
   */
  SECRETS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9/_+=.@-]{1,256}\/$/, "must be the beginning of names of secrets, with a slash at its end")
    .optional(),
  /**
   * What encrypts the humans' tokens at upstream servers: the ARN of a key of AWS KMS, or a file. Without both it is a file
   * in DATA_DIR where the embedded database is; with another database nobody can sign in at a server.
   */
  DATA_KEY_KMS_ARN: kmsKeyArn.optional(),
  DATA_KEY_FILE: z.string().min(1).optional(),
  /** The programs that may be started as MCP servers: JSON list of {command, args, env}. */
  STDIO_PROGRAMS: programsSchema,
  /** Age in days at which the key that signs access tokens gets a successor. */
  TOKEN_KEY_ROTATION_DAYS: z.coerce.number().int().min(1).max(365).default(90),
  /** Life of the JWT in `X-Gateway-Auth`, by which upstreams know the gateway and the human, in seconds. */
  GATEWAY_AUTH_SECONDS: z.coerce.number().int().min(60).max(3600).default(300),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace"]).default("info"),
  /** Seconds between two reads of the host's settings from Permit. */
  SETTINGS_REFRESH_SECONDS: z.coerce.number().min(0.1).max(3600).default(5),
  /** Longest time since the definition of a tool was seen for it to be called. */
  TOOL_CHECK_SECONDS: z.coerce.number().int().min(1).max(86_400).default(300),
  /** Seconds after SIGTERM for which requests are still taken, while `/readyz` says no. */
  SHUTDOWN_DELAY_SECONDS: z.coerce.number().min(0).max(600).default(0),
  /** Seconds after that for calls in flight to end. */
  SHUTDOWN_TIMEOUT_SECONDS: z.coerce.number().min(0).max(3600).default(25),
  ...telemetryFields,
});

/** Where a key is. */
export type KeyPlace = { readonly kmsArn: string } | { readonly file: string };

/** The gateway's configuration. */
export interface Config {
  readonly listenHost: string;
  readonly port: number;
  readonly publicUrl: string;
  /** Addresses and CIDR blocks. */
  readonly trustedProxies: readonly string[];
  readonly hostKey: string;
  readonly permit: { readonly apiKey: string; readonly apiUrl: string; readonly pdpUrl: string };
  readonly database: UrlDatabase | IamDatabase | { readonly dataDir: string };
  readonly authSecret: string;
  readonly initialAccounts: readonly { readonly email: string; readonly password: string }[];
  readonly mail: MailSettings | undefined;
  readonly audit: {
    readonly destinations: readonly AuditDestinationSettings[];
    readonly webhookSecrets: readonly string[] | undefined;
    /** What signs the log. Undefined: nothing does. */
    readonly key: KeyPlace | undefined;
    readonly checkpointSeconds: number;
    readonly replica: string;
  };
  readonly secretsPrefix: string | undefined;
  /** What encrypts the data keys. Undefined: nothing can be stored that needs one; never in the clear. */
  readonly dataKey: KeyPlace | undefined;
  /** The programs that may be started as MCP servers; none by default. */
  readonly programs: readonly AllowedProgram[];
  readonly tokenKeyRotationDays: number;
  readonly gatewayAuthSeconds: number;
  readonly logLevel: string;
  readonly settingsRefreshSeconds: number;
  readonly toolCheckSeconds: number;
  readonly shutdown: ShutdownTimes;
  /** Undefined: nothing is measured. */
  readonly telemetry: TelemetrySettings | undefined;
}

/** Thrown by `readConfig`: one line per wrong variable, never its value (it may be a secret). */
export class ConfigError extends Error {}

/** Reads and checks the environment. Throws ConfigError naming every wrong or missing variable at once. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    throw incomplete(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
  }
  const env = parsed.data;
  const database = databaseOf(env);
  const mail = mailOf(env);
  const telemetry = telemetryOf(env);
  const problems = [
    ...[database, mail, telemetry].flatMap((part) => ("problems" in part ? part.problems : [])),
    ...auditDestinationProblems(env.AUDIT_DESTINATIONS, env.AUDIT_WEBHOOK_SECRET),
    ...(["DATA", "AUDIT"] as const)
      .filter((key) => env[`${key}_KEY_FILE`] !== undefined && env[`${key}_KEY_KMS_ARN`] !== undefined)
      .map((key) => `${key}_KEY_FILE: set it or ${key}_KEY_KMS_ARN, not both`),
  ];
  if ("problems" in database || "problems" in mail || "problems" in telemetry || problems.length > 0)
    throw incomplete(problems);
  // Replicas need one key, so a file of its own is for the database that only one process can have.
  const keyDir = "dataDir" in database.database ? database.database.dataDir : undefined;
  return {
    listenHost: env.LISTEN_HOST,
    port: env.PORT,
    publicUrl: env.PUBLIC_URL,
    trustedProxies: env.TRUSTED_PROXIES ?? [],
    hostKey: env.HOST_KEY,
    permit: { apiKey: env.PERMIT_API_KEY, apiUrl: env.PERMIT_API_URL, pdpUrl: env.PERMIT_PDP_URL },
    database: database.database,
    authSecret: env.AUTH_SECRET,
    initialAccounts: env.INITIAL_ACCOUNTS,
    mail: mail.mail,
    audit: {
      destinations: env.AUDIT_DESTINATIONS,
      webhookSecrets: env.AUDIT_WEBHOOK_SECRET,
      key: keyPlace(env.AUDIT_KEY_KMS_ARN, env.AUDIT_KEY_FILE, keyDir && join(keyDir, "audit.key")),
      checkpointSeconds: env.AUDIT_CHECKPOINT_SECONDS,
      replica: env.REPLICA_NAME ?? hostname(),
    },
    secretsPrefix: env.SECRETS_PREFIX,
    dataKey: keyPlace(env.DATA_KEY_KMS_ARN, env.DATA_KEY_FILE, keyDir && join(keyDir, "data.key")),
    programs: env.STDIO_PROGRAMS,
    tokenKeyRotationDays: env.TOKEN_KEY_ROTATION_DAYS,
    gatewayAuthSeconds: env.GATEWAY_AUTH_SECONDS,
    logLevel: env.LOG_LEVEL,
    settingsRefreshSeconds: env.SETTINGS_REFRESH_SECONDS,
    toolCheckSeconds: env.TOOL_CHECK_SECONDS,
    shutdown: {
      delayMs: env.SHUTDOWN_DELAY_SECONDS * 1000,
      timeoutMs: env.SHUTDOWN_TIMEOUT_SECONDS * 1000,
    },
    telemetry: telemetry.telemetry,
  };
}

function keyPlace(kmsArn?: string, file?: string, ownFile?: string): KeyPlace | undefined {
  if (kmsArn !== undefined) return { kmsArn };
  const path = file ?? ownFile;
  return path === undefined ? undefined : { file: path };
}

function incomplete(problems: readonly string[]): ConfigError {
  const lines = problems.map((problem) => `  ${problem}`);
  return new ConfigError(`The gateway can't start, its environment is incomplete:\n${lines.join("\n")}`);
}
