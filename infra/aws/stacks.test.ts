import { beforeAll, describe, expect, test } from "vitest";
import type { ProgramRecord } from "../testing/record-program.ts";
import * as alarmLaws from "./laws/alarm-laws.ts";
import { containersOf, type Law, type Stack } from "./laws/law.ts";
import * as networkLaws from "./laws/network-laws.ts";
import * as policyLaws from "./laws/policy-laws.ts";
import * as storageLaws from "./laws/storage-laws.ts";
import * as tagLaws from "./laws/tag-laws.ts";
import * as taskLaws from "./laws/task-laws.ts";
import { runStack, secretValues, stackFile } from "./testing/run-stack.ts";

const modules = { ...alarmLaws, ...networkLaws, ...policyLaws, ...storageLaws, ...tagLaws, ...taskLaws };
const notLaws = new Set(["neededExceptions"]);
const laws = Object.entries(modules).filter(
  (entry): entry is [string, Law] => typeof entry[1] === "function" && !notLaws.has(entry[0]),
);

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const registry = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const databaseUrl = "postgres://gateway:database-password@db.example.com/gateway";

/** A host that brings everything that can be brought. */
const broughtAlong = {
  ...stackFile("production"),
  "permit-mcp-gateway:platform": JSON.stringify({
    domain: "mcp.example.com",
    certificateArn: "arn:aws:acm:eu-central-1:123456789012:certificate/given",
    alarmEmails: ["oncall@example.com"],
    existingNetwork: {
      vpcId: "vpc-1",
      publicSubnetIds: ["subnet-public-1", "subnet-public-12"],
      privateSubnetIds: ["subnet-a", "subnet-ab"],
    },
    loadBalancer: { internal: true, allowedCidrs: ["10.0.0.0/8", "192.0.2.0/24"] },
    database: false,
    architecture: "x86_64",
    image: `${registry}/gateway@${digest("a")}`,
  }),
  "permit-mcp-gateway:service": JSON.stringify({
    pdpImage: `${registry}/pdp@${digest("b")}`,
    externalDatabase: { cidrs: ["10.1.0.0/16"] },
    upstreamPorts: [443, 8443],
    alarmEmails: ["team@example.com"],
  }),
  "permit-mcp-gateway:smtpFrom": "gateway@example.com",
};
const smtpUrl = "smtps://gateway:mail-password@mail.example.com:8443";

const records: Record<string, ProgramRecord> = {};
const stackOf = (name: string, host: string, production: boolean): Stack => {
  const { registrations: all = [] } = records[name] ?? {};
  return { all, host, production, stack: name === "brought-along" ? "production" : name };
};
const stacks = {
  production: () => stackOf("production", "production", true),
  platform: () => stackOf("platform", "shared", false),
  staging: () => stackOf("staging", "staging", false),
  "brought-along": () => stackOf("brought-along", "production", true),
};

beforeAll(async () => {
  records.platform = await runStack({ stack: "platform", config: stackFile("platform") });
  const references = {
    "organization/permit-mcp-gateway/platform": { platform: records.platform.outputs.platform?.value },
  };
  const [production, staging, brought] = await Promise.all([
    runStack({ stack: "production", config: stackFile("production"), secrets: secretValues }),
    runStack({ stack: "staging", config: stackFile("staging"), secrets: secretValues, references }),
    runStack({ stack: "production", config: broughtAlong, secrets: { ...secretValues, databaseUrl, smtpUrl } }),
  ]);
  Object.assign(records, { production, staging, "brought-along": brought });
});

describe.each(Object.entries(stacks))("%s", (_name, stack) => {
  test.each(laws)("%s", (_law, law) => {
    expect(stack().all.length).toBeGreaterThan(50);
    expect(law(stack())).toEqual([]);
  });
});

test("the mail server is given to the gateway alone, as a secret; without one there is no variable of it", () => {
  const named = (stack: Stack) =>
    containersOf(stack).map(({ name, environment, secrets }) => [
      name,
      ...[...environment, ...secrets].map(({ name }) => name).filter((name) => name.startsWith("SMTP_")),
    ]);
  const having = (stack: Stack) => named(stack).filter(([, ...variables]) => variables.length > 0);
  expect(having(stacks["brought-along"]())).toEqual([["gateway", "SMTP_FROM", "SMTP_URL"]]);
  expect(having(stacks.production())).toEqual([]);
});

test("every exception from the policies' laws is needed", () => {
  const needed = Object.values(stacks).flatMap((stack) => policyLaws.neededExceptions(stack()));
  expect(policyLaws.wildcardResources.filter((exception) => !needed.includes(exception))).toEqual([]);
});

test("every exception from the law on the rotation of keys is needed, and never by a key that encrypts", () => {
  const named = Object.values(stacks).flatMap((stack) =>
    storageLaws.keysWithoutRotation.map(({ name }) => {
      const keys = stack().all.filter((each) => each.type === "aws:kms/key:Key" && name.test(each.name));
      return keys.map(({ inputs }) => [inputs.keyUsage, inputs.customerMasterKeySpec, inputs.enableKeyRotation]);
    }),
  );
  const signing = ["SIGN_VERIFY", "ECC_NIST_EDWARDS25519", false];
  expect(named).toEqual([[signing], [], [signing], [signing]]);
});

test("a shared platform that was never made is asked for by name", async () => {
  const stack = "organization/permit-mcp-gateway/platform";
  const run = runStack({ stack: "staging", config: stackFile("staging"), secrets: secretValues });
  await expect(run).rejects.toThrow(
    `The stack ${stack} has no output "platform": run \`pulumi up -s ${stack}\` first.`,
  );
});
