import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dayOf, plan } from "@permit-mcp-gateway/policies";
import { loadHost } from "@permit-mcp-gateway/policies/load";
import { expect, test } from "vitest";
import { managedResources } from "./permit/managed/resources.ts";
import { runProgram } from "./testing/run-program.ts";

const secrets = {
  "permit-mcp-gateway:permitApiKey": "organization-key-value",
  "permit-mcp-gateway:authSecret": "auth-secret-value-of-32-characters",
  "permit-mcp-gateway:databaseUrl": "postgres://gateway:database-password@db.example.com/gateway",
  "permit-mcp-gateway:initialAccounts": '[{"email":"lead@example.com","password":"account-password"}]',
};
const config = {
  ...secrets,
  "permit-mcp-gateway:publicUrl": "https://mcp.example.com",
  "permit-mcp-gateway:permitPdpUrl": "http://localhost:7000",
};

test("the stack of a host registers its plan and gives the gateway's variables, secrets marked", async () => {
  const { registrations, outputs } = await runProgram({ stack: "demo", config });
  const policy = loadHost("policies/hosts/demo");
  if (!policy.ok) throw new Error("The demo's policy has findings.");
  const permit = registrations.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/permit:"));
  const inputs = permit.slice(0, -1).map(({ inputs: { __provider: _, ...inputs } }) => inputs);
  expect(inputs).toEqual(managedResources(plan(policy.host, dayOf(new Date()))));
  expect(permit.at(-1)?.name).toBe("demo-policy");
  expect(outputs).toEqual({
    environmentKey: { secret: true, value: "environment-key" },
    gatewayVariables: {
      secret: false,
      value: {
        HOST_KEY: "demo",
        PERMIT_API_URL: "https://api.permit.io",
        PERMIT_PDP_URL: "http://localhost:7000",
        PUBLIC_URL: "https://mcp.example.com",
      },
    },
    gatewaySecrets: {
      secret: true,
      value: {
        AUTH_SECRET: "auth-secret-value-of-32-characters",
        DATABASE_URL: "postgres://gateway:database-password@db.example.com/gateway",
        INITIAL_ACCOUNTS: '[{"email":"lead@example.com","password":"account-password"}]',
        PERMIT_API_KEY: "environment-key",
      },
    },
  });
  // Neither a key nor a password is in anything the engine keeps or shows.
  const kept = JSON.stringify([registrations, outputs.gatewayVariables]);
  for (const value of ["organization-key-value", "auth-secret", "database-password", "account-password"]) {
    expect(kept).not.toContain(value);
  }
});

test("a policy with findings is refused with its place", async () => {
  const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-policy-"));
  writeFileSync(join(folder, "host.yaml"), "name: 1\n");
  const broken = runProgram({ stack: "demo", config: { ...config, "permit-mcp-gateway:policies": folder } });
  await expect(broken).rejects.toThrow(/host\.yaml:1:/);
  rmSync(folder, { recursive: true });
});

test("a stack without its keys is refused, by the name of the missing one", async () => {
  const without = (key: keyof typeof config) => {
    const { [key]: _, ...rest } = config;
    return runProgram({ stack: "demo", config: rest });
  };
  const keys = ["permit-mcp-gateway:permitApiKey", "permit-mcp-gateway:publicUrl"] as const;
  await Promise.all(keys.map((key) => expect(without(key)).rejects.toThrow(key)));
});
