import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gatewayEnvironment } from "./gateway-environment.ts";
import { gatewayPlainNames, gatewaySecretNames } from "./gateway-variables.ts";

const args = {
  listenHost: "127.0.0.1",
  port: 8080,
  publicUrl: "http://localhost:8080",
  hostKey: "demo",
  permitApiUrl: "https://permit.example.com",
  permitPdpUrl: "http://localhost:7000",
  permitApiKey: "permit-key",
  database: { url: "postgres://gateway:password@db.example.com/gateway" },
  authSecret: "an-auth-secret",
  initialAccounts: [{ email: "lead@example.com", password: "a-password" }],
  auditDestinations: ["cloudwatch:/permit-mcp-gateway/demo/audit", "https://siem.example.com/in"],
  auditWebhookSecret: "whsec_a-webhook-secret",
  auditKeyKmsArn: "arn:aws:kms:eu-central-1:123456789012:key/audit-signing",
  auditCheckpointSeconds: 30,
  replicaName: "one",
  metrics: { port: 9464, host: "127.0.0.1" },
  openTelemetry: {
    headers: "authorization=Basic%20credentials",
    variables: { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example.com" },
  },
  mail: { url: "smtps://gateway:mail-password@mail.example.com", from: "gateway@example.com" },
  logLevel: "debug",
  settingsRefreshSeconds: 1,
  toolCheckSeconds: 60,
};

test("nothing secret is among the plain variables", () => {
  const { plain, secrets } = gatewayEnvironment(args);
  expect(plain).toEqual({
    AUDIT_CHECKPOINT_SECONDS: "30",
    AUDIT_DESTINATIONS: "cloudwatch:/permit-mcp-gateway/demo/audit https://siem.example.com/in",
    AUDIT_KEY_KMS_ARN: "arn:aws:kms:eu-central-1:123456789012:key/audit-signing",
    HOST_KEY: "demo",
    LISTEN_HOST: "127.0.0.1",
    LOG_LEVEL: "debug",
    METRICS_HOST: "127.0.0.1",
    METRICS_PORT: "9464",
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example.com",
    PERMIT_API_URL: "https://permit.example.com",
    PERMIT_PDP_URL: "http://localhost:7000",
    PORT: "8080",
    PUBLIC_URL: "http://localhost:8080",
    REPLICA_NAME: "one",
    SETTINGS_REFRESH_SECONDS: "1",
    TOOL_CHECK_SECONDS: "60",
    SMTP_FROM: "gateway@example.com",
  });
  expect(secrets).toEqual({
    AUDIT_WEBHOOK_SECRET: "whsec_a-webhook-secret",
    AUTH_SECRET: "an-auth-secret",
    DATABASE_URL: "postgres://gateway:password@db.example.com/gateway",
    INITIAL_ACCOUNTS: '[{"email":"lead@example.com","password":"a-password"}]',
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20credentials",
    PERMIT_API_KEY: "permit-key",
    SMTP_URL: "smtps://gateway:mail-password@mail.example.com",
  });
});

test("what is left out is left to the gateway's defaults", () => {
  const { publicUrl, hostKey, permitApiUrl, permitPdpUrl, permitApiKey, authSecret } = args;
  const { plain, secrets } = gatewayEnvironment({
    publicUrl,
    hostKey,
    permitApiUrl,
    permitPdpUrl,
    permitApiKey,
    authSecret,
    database: { dataDir: "/data" },
  });
  expect(Object.keys(plain).toSorted()).toEqual([
    "DATA_DIR",
    "HOST_KEY",
    "PERMIT_API_URL",
    "PERMIT_PDP_URL",
    "PUBLIC_URL",
  ]);
  expect(Object.keys(secrets).toSorted()).toEqual(["AUTH_SECRET", "PERMIT_API_KEY"]);
});

// As text: infra never imports the gateway, and yet the two must agree.
test("the names are exactly those that the gateway reads", () => {
  const schemas: readonly (readonly [file: string, fields: RegExp])[] = [
    ["config.ts", /environmentSchema = z\.object\(\{([\s\S]*?)\n\}\);/],
    ["telemetry/settings.ts", /telemetryFields = \{([\s\S]*?)\n\};/],
  ];
  const read = schemas.flatMap(([file, pattern]) => {
    const source = readFileSync(new URL(`../gateway/src/${file}`, import.meta.url), "utf8");
    const fields = pattern.exec(source)?.[1] ?? "";
    return Array.from(fields.matchAll(/^ {2}([A-Z_]+):/gm), (match) => match[1]);
  });
  expect(read.toSorted()).toEqual([...gatewayPlainNames, ...gatewaySecretNames].toSorted());
});
