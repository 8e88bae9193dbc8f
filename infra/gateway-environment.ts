import type { gatewayPlainNames, gatewaySecretNames, openTelemetryNames } from "./gateway-variables.ts";

/** What a gateway is started with, wherever it runs. */
export interface GatewayEnvironmentArgs {
  /** Address to listen on. Left out: the gateway's own default, all addresses. */
  readonly listenHost?: string | undefined;
  readonly port?: number | undefined;
  /** Origin under which clients reach the gateway. */
  readonly publicUrl: string;
  /** Key of the `gateway_host` instance. */
  readonly hostKey: string;
  readonly permitApiUrl: string;
  readonly permitPdpUrl: string;
  /** Environment-level API key. Secret. */
  readonly permitApiKey: string;
  /** PostgreSQL (its URL has a password: secret), one that takes IAM tokens, or the folder of the embedded database. */
  readonly database:
    | { readonly url: string }
    | { readonly host: string; readonly port: number; readonly name: string; readonly user: string }
    | { readonly dataDir: string };
  /** File, in the container, of the certificate authorities of the database. Left out: those of Amazon RDS or of Node. */
  readonly databaseCaFile?: string | undefined;
  /** At least 32 characters, the same for all replicas. Secret. */
  readonly authSecret: string;
  /** Accounts made at the first start. Secret. */
  readonly initialAccounts?: readonly { readonly email: string; readonly password: string }[] | undefined;
  /** Mail server; `url` holds its password: secret. Left out: no mail leaves. */
  readonly mail?: { readonly url: string; readonly from?: string | undefined } | undefined;
  /** Where audit records are shipped to, such as `cloudwatch:<log group>`. Left out: they go to standard output. */
  readonly auditDestinations?: readonly string[] | undefined;
  /** Signs what is sent to webhooks: `whsec_...`, with its predecessors. Secret. */
  readonly auditWebhookSecret?: string | undefined;
  /** ARN of the key of AWS KMS that signs the audit log, or a file. Left out: a file in the data folder. */
  readonly auditKeyKmsArn?: string | undefined;
  readonly auditKeyFile?: string | undefined;
  /** Time between two checkpoints of the audit log. Left out: 60. */
  readonly auditCheckpointSeconds?: number | undefined;
  /** Name of the process in audit records. Left out: the machine's, of a task on ECS its own. */
  readonly replicaName?: string | undefined;
  /** Beginning of the names of the policy's secrets in Secrets Manager. Left out: they are variables. */
  readonly secretsPrefix?: string | undefined;
  /** ARN of the key of AWS KMS that encrypts tokens at MCP servers, or a file. Left out: a file in the data folder. */
  readonly dataKeyKmsArn?: string | undefined;
  readonly dataKeyFile?: string | undefined;
  /** Life of the assertion that upstreams get, in seconds. Left out: 300. */
  readonly gatewayAuthSeconds?: number | undefined;
  /** The programs that it may start as MCP servers, with their arguments and the names of their variables. Left out: none. */
  readonly programs?:
    | readonly { readonly command: string; readonly args: readonly string[]; readonly env: readonly string[] }[]
    | undefined;
  /** Age at which the key of access tokens gets a successor. Left out: 90. */
  readonly tokenKeyRotationDays?: number | undefined;
  readonly logLevel?: string | undefined;
  readonly settingsRefreshSeconds?: number | undefined;
  /** Longest time since the definition of a tool was seen for it to be called. */
  readonly toolCheckSeconds?: number | undefined;
  /** The container must get five seconds more than both together before it is killed. */
  readonly shutdown?: { readonly delaySeconds: number; readonly timeoutSeconds: number } | undefined;
  /** Addresses and CIDR blocks of the reverse proxies in front of it, such as the load balancer's subnets. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Where metrics can be fetched. Left out: nowhere. */
  readonly metrics?: { readonly port: number; readonly host?: string | undefined } | undefined;
  /** OpenTelemetry's variables, by their own names; `headers` are credentials of the receiver: secret. */
  readonly openTelemetry?:
    | {
        readonly headers?: string | undefined;
        readonly variables: Readonly<Partial<Record<OpenTelemetryName, string>>>;
      }
    | undefined;
}

type OpenTelemetryName = (typeof openTelemetryNames)[number];

/** The variables, told apart because only `plain` may be in a task definition, a log or a preview. */
export interface GatewayEnvironment {
  readonly plain: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

function withoutUndefined<Name extends string>(values: Record<Name, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries<string | undefined>(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function serverVariables({ database, databaseCaFile }: GatewayEnvironmentArgs) {
  const server = "host" in database ? database : undefined;
  return {
    DATABASE_AUTH: server && "aws-iam",
    DATABASE_CA_FILE: databaseCaFile,
    DATABASE_HOST: server?.host,
    DATABASE_NAME: server?.name,
    DATABASE_PORT: server?.port.toString(),
    DATABASE_USER: server?.user,
  };
}

function auditVariables(args: GatewayEnvironmentArgs) {
  return {
    AUDIT_CHECKPOINT_SECONDS: args.auditCheckpointSeconds?.toString(),
    AUDIT_DESTINATIONS: args.auditDestinations?.join(" "),
    AUDIT_KEY_FILE: args.auditKeyFile,
    AUDIT_KEY_KMS_ARN: args.auditKeyKmsArn,
    REPLICA_NAME: args.replicaName,
  };
}

/** The environment of the gateway: the same variables on ECS and on a laptop. Pure. */
export function gatewayEnvironment(args: GatewayEnvironmentArgs): GatewayEnvironment {
  const plain: Record<Exclude<(typeof gatewayPlainNames)[number], OpenTelemetryName>, string | undefined> = {
    ...auditVariables(args),
    ...serverVariables(args),
    DATA_DIR: "dataDir" in args.database ? args.database.dataDir : undefined,
    DATA_KEY_FILE: args.dataKeyFile,
    DATA_KEY_KMS_ARN: args.dataKeyKmsArn,
    GATEWAY_AUTH_SECONDS: args.gatewayAuthSeconds?.toString(),
    HOST_KEY: args.hostKey,
    LISTEN_HOST: args.listenHost,
    LOG_LEVEL: args.logLevel,
    METRICS_HOST: args.metrics?.host,
    METRICS_PORT: args.metrics?.port.toString(),
    ...args.openTelemetry?.variables,
    PERMIT_API_URL: args.permitApiUrl,
    PERMIT_PDP_URL: args.permitPdpUrl,
    PORT: args.port?.toString(),
    PUBLIC_URL: args.publicUrl,
    SECRETS_PREFIX: args.secretsPrefix,
    SETTINGS_REFRESH_SECONDS: args.settingsRefreshSeconds?.toString(),
    TOOL_CHECK_SECONDS: args.toolCheckSeconds?.toString(),
    SHUTDOWN_DELAY_SECONDS: args.shutdown?.delaySeconds.toString(),
    SHUTDOWN_TIMEOUT_SECONDS: args.shutdown?.timeoutSeconds.toString(),
    SMTP_FROM: args.mail?.from,
    STDIO_PROGRAMS: args.programs === undefined ? undefined : JSON.stringify(args.programs),
    TOKEN_KEY_ROTATION_DAYS: args.tokenKeyRotationDays?.toString(),
    TRUSTED_PROXIES: args.trustedProxies?.join(","),
  };
  const secrets: Record<(typeof gatewaySecretNames)[number], string | undefined> = {
    AUDIT_WEBHOOK_SECRET: args.auditWebhookSecret,
    AUTH_SECRET: args.authSecret,
    DATABASE_URL: "url" in args.database ? args.database.url : undefined,
    INITIAL_ACCOUNTS: args.initialAccounts === undefined ? undefined : JSON.stringify(args.initialAccounts),
    OTEL_EXPORTER_OTLP_HEADERS: args.openTelemetry?.headers,
    PERMIT_API_KEY: args.permitApiKey,
    SMTP_URL: args.mail?.url,
  };
  return { plain: withoutUndefined(plain), secrets: withoutUndefined(secrets) };
}
