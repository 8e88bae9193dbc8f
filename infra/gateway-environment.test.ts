import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gatewayEnvironment, gatewayPlainNames, gatewaySecretNames } from "./gateway-environment.ts";

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
  auditLogGroup: "/permit-mcp-gateway/demo/audit",
  mail: { url: "smtps://gateway:mail-password@mail.example.com", from: "gateway@example.com" },
  logLevel: "debug",
  settingsRefreshSeconds: 1,
  toolCheckSeconds: 60,
};

test("nothing secret is among the plain variables", () => {
  const { plain, secrets } = gatewayEnvironment(args);
  expect(plain).toEqual({
    AUDIT_LOG_GROUP: "/permit-mcp-gateway/demo/audit",
    HOST_KEY: "demo",
    LISTEN_HOST: "127.0.0.1",
    LOG_LEVEL: "debug",
    PERMIT_API_URL: "https://permit.example.com",
    PERMIT_PDP_URL: "http://localhost:7000",
    PORT: "8080",
    PUBLIC_URL: "http://localhost:8080",
    SETTINGS_REFRESH_SECONDS: "1",
    TOOL_CHECK_SECONDS: "60",
    SMTP_FROM: "gateway@example.com",
  });
  expect(secrets).toEqual({
    AUTH_SECRET: "an-auth-secret",
    DATABASE_URL: "postgres://gateway:password@db.example.com/gateway",
    INITIAL_ACCOUNTS: '[{"email":"lead@example.com","password":"a-password"}]',
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
  const source = readFileSync(new URL("../gateway/src/config.ts", import.meta.url), "utf8");
  const schema = /environmentSchema = z\.object\(\{([\s\S]*?)\n\}\);/.exec(source)?.[1] ?? "";
  const read = Array.from(schema.matchAll(/^ {2}([A-Z_]+):/gm), (match) => match[1]);
  expect(read.toSorted()).toEqual([...gatewayPlainNames, ...gatewaySecretNames].toSorted());
});
