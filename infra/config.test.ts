import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";
import { secretValues, stackFile } from "./aws/testing/run-stack.ts";
import { readStackConfig } from "./config.ts";
import { recordRegistrations } from "./testing/mocks.ts";

beforeAll(() => recordRegistrations(undefined, "production"));

const production = stackFile("production");
const key = (name: string) => `permit-mcp-gateway:${name}`;
const platform = { domain: "mcp.example.com", hostedZone: "example.com" };

test.each([
  [
    "settings that are wrong, all at once and by their place",
    {
      [key("platform")]: JSON.stringify({ ...platform, domian: 1, database: { maxCapacity: "much" } }),
    },
    [
      "permit-mcp-gateway:platform.database.maxCapacity Invalid input: expected number, received string",
      'permit-mcp-gateway:platform Unrecognized key: "domian"',
    ],
  ],
  [
    "a service without a platform",
    { [key("platform")]: undefined },
    ["permit-mcp-gateway:service needs permit-mcp-gateway:platform; see stacks/README.md."],
  ],
  [
    "a reference without a service",
    { [key("service")]: undefined, [key("platform")]: "organization/permit-mcp-gateway/platform" },
    ["permit-mcp-gateway:platform names a stack, but permit-mcp-gateway:service is missing."],
  ],
  [
    "a reference that is none",
    { [key("platform")]: "platform" },
    ["permit-mcp-gateway:platform must be organization/project/stack"],
  ],
  [
    "a database that nobody has",
    {
      [key("platform")]: JSON.stringify({ ...platform, alarmEmails: ["oncall@example.com"], database: false }),
      [key("publicUrl")]: "http://localhost:8080",
    },
    [
      "permit-mcp-gateway:publicUrl must begin with https:// in AWS",
      "permit-mcp-gateway:platform.database is false: set databaseUrl and service.externalDatabase",
    ],
  ],
  [
    "a database of somebody else without its address",
    { [key("databaseUrl")]: "postgres://gateway:password@db.example.com/gateway" },
    ["permit-mcp-gateway:databaseUrl and service.externalDatabase belong together: set both or neither"],
  ],
  [
    "a mail server without a sender",
    { [key("smtpUrl")]: "smtps://gateway:password@mail.example.com" },
    ["permit-mcp-gateway:smtpUrl and smtpFrom belong together: set both or neither"],
  ],
])("refused before anything is made: %s", (_, changes, lines) => {
  const secrets = Object.fromEntries(Object.entries(secretValues).map(([name, value]) => [key(name), value]));
  const changed = Object.entries({ ...production, ...secrets, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  pulumi.runtime.setAllConfig(Object.fromEntries(changed), Object.keys(secrets));
  const refusal = (() => {
    try {
      return readStackConfig();
    } catch (error) {
      return error;
    }
  })();
  expect(refusal).toBeInstanceOf(pulumi.RunError);
  for (const line of lines) expect((refusal as Error).message).toContain(line);
});
