/** The names of the gateway's variables: what `gateway/src/config.ts` reads, told apart. */

/** Those that are secret. */
export const gatewaySecretNames = [
  "AUDIT_WEBHOOK_SECRET",
  "AUTH_SECRET",
  "DATABASE_URL",
  "INITIAL_ACCOUNTS",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "PERMIT_API_KEY",
  "SMTP_URL",
] as const;

/** OpenTelemetry's own, which mean the same to every program. One more is secret. */
export const openTelemetryNames = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_METRICS_EXPORTER",
  "OTEL_METRIC_EXPORT_INTERVAL",
  "OTEL_RESOURCE_ATTRIBUTES",
  "OTEL_SDK_DISABLED",
  "OTEL_SERVICE_NAME",
  "OTEL_TRACES_EXPORTER",
  "OTEL_TRACES_SAMPLER",
  "OTEL_TRACES_SAMPLER_ARG",
] as const;

/** All others, and these. */
export const gatewayPlainNames = [
  "AUDIT_CHECKPOINT_SECONDS",
  "AUDIT_DESTINATIONS",
  "AUDIT_KEY_FILE",
  "AUDIT_KEY_KMS_ARN",
  "DATABASE_AUTH",
  "DATABASE_CA_FILE",
  "DATABASE_HOST",
  "DATABASE_NAME",
  "DATABASE_PORT",
  "DATABASE_USER",
  "DATA_DIR",
  "DATA_KEY_FILE",
  "DATA_KEY_KMS_ARN",
  "GATEWAY_AUTH_SECONDS",
  "HOST_KEY",
  "LISTEN_HOST",
  "LOG_LEVEL",
  "METRICS_HOST",
  "METRICS_PORT",
  ...openTelemetryNames,
  "PERMIT_API_URL",
  "PERMIT_PDP_URL",
  "PORT",
  "PUBLIC_URL",
  "REPLICA_NAME",
  "SECRETS_PREFIX",
  "SETTINGS_REFRESH_SECONDS",
  "SHUTDOWN_DELAY_SECONDS",
  "SHUTDOWN_TIMEOUT_SECONDS",
  "SMTP_FROM",
  "STDIO_PROGRAMS",
  "TOKEN_KEY_ROTATION_DAYS",
  "TOOL_CHECK_SECONDS",
  "TRUSTED_PROXIES",
] as const;
