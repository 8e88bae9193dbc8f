import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { platformSettingsSchema } from "./platform-settings.ts";
import { serviceSettingsSchema } from "./service-settings.ts";

/** The paths of all settings of a schema: `audit.archiveDays`. */
function paths(schema: z.ZodType, prefix = ""): string[] {
  const inner = schema instanceof z.ZodPipe ? schema.in : schema;
  if (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    return paths(inner.unwrap() as z.ZodType, prefix);
  }
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => paths(option as z.ZodType, prefix));
  if (!(inner instanceof z.ZodObject)) return [prefix];
  return Object.entries(inner.shape).flatMap(([key, each]) =>
    paths(each as z.ZodType, prefix === "" ? key : `${prefix}.${key}`),
  );
}

test("stacks/README.md says what each setting does, and no others", () => {
  const readme = readFileSync("stacks/README.md", "utf8");
  for (const [section, schema] of [
    ["platform", platformSettingsSchema(true)],
    ["service", serviceSettingsSchema(true)],
  ] as const) {
    const rows =
      readme
        .split(`### \`${section}\``)[1]
        ?.split("\n#")[0]
        ?.split("\n")
        .filter((line) => line.startsWith("| `")) ?? [];
    const documented = rows.flatMap((row) => {
      const [first = "", ...rest] = Array.from(
        row.split("|")[1]?.matchAll(/`([^`]+)`/g) ?? [],
        ([, name]) => name ?? "",
      );
      const parent = first.includes(".") ? first.split(".")[0] : "";
      return [first, ...rest.map((name) => (name.startsWith(".") ? `${parent}${name}` : name))];
    });
    // The subnets of an existing network share a line.
    const settings = new Set(paths(schema).map((path) => path.replace(/^existingNetwork\..*/, "existingNetwork")));
    expect(documented.toSorted()).toEqual([...settings].toSorted());
  }
});

const platform = { domain: "mcp.example.com", hostedZone: "example.com", alarmEmails: ["oncall@example.com"] };
const messages = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

test("what is safe is the default, and what is cheap only where nothing is to be protected", () => {
  expect(platformSettingsSchema(true).parse(platform)).toMatchObject({
    network: { cidr: "10.64.0.0/16", zones: 2, natGateways: "per-zone", endpoints: true },
    database: { minCapacity: 0.5, instances: 2, backupDays: 35 },
    logRetentionDays: 365,
  });
  expect(platformSettingsSchema(false).parse({ ...platform, alarmEmails: [] })).toMatchObject({
    network: { natGateways: "single", endpoints: false },
    database: { instances: 1, backupDays: 7 },
    logRetentionDays: 30,
  });
  expect(serviceSettingsSchema(true).parse({})).toMatchObject({ minTasks: 2, audit: { archiveDays: 2557 } });
  expect(serviceSettingsSchema(false).parse({})).toMatchObject({ minTasks: 1, audit: { archiveDays: 1 } });
});

test.each([
  [{ ...platform, hostedZone: undefined }, /neither hostedZone nor certificateArn/],
  [{ ...platform, alarmEmails: [] }, /alarmEmails: must name somebody/],
  [{ ...platform, domian: "x" }, /Unrecognized key: "domian"/],
  [{ ...platform, network: {}, existingNetwork: existing() }, /network: is to be made, and existingNetwork is there/],
  [{ ...platform, existingNetwork: { ...existing(), privateSubnetIds: ["subnet-1"] } }, /privateSubnetIds/],
  [{ ...platform, image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/gateway:latest" }, /by its digest/],
  [{ ...platform, image: `docker.io/gateway@sha256:${"a".repeat(64)}` }, /must name an image in ECR/],
  [{ ...platform, logRetentionDays: 42 }, /logRetentionDays/],
  [{ ...platform, loadBalancer: { allowedCidrs: [] } }, /allowedCidrs/],
])("a platform that AWS or its owner would regret is refused: %j", (settings, message) => {
  expect(messages(platformSettingsSchema(true), settings).join("\n")).toMatch(message);
});

test.each([
  [
    { cpu: 1024, memoryMb: 1024 },
    "memoryMb: is not a size that Fargate has for 1024 CPU units: 2048 to 8192 MB in steps of 1024",
  ],
  [{ minTasks: 5, maxTasks: 4 }, "maxTasks: is less than minTasks"],
])("a service that ECS would refuse is refused: %j", (settings, message) => {
  expect(messages(serviceSettingsSchema(true), settings)).toEqual([message]);
});

function existing() {
  return { vpcId: "vpc-1", publicSubnetIds: ["subnet-1", "subnet-2"], privateSubnetIds: ["subnet-3", "subnet-4"] };
}

// As text: infra never imports the gateway.
test("the gateway keeps idle connections longer than any load balancer of ours, which else answers 502", () => {
  const source = readFileSync("gateway/src/app.ts", "utf8");
  const keptMs = Number(/keepAliveTimeoutMs = ([\d_]+);/.exec(source)?.[1]?.replaceAll("_", ""));
  const longest = { ...platform, loadBalancer: { idleTimeoutSeconds: 4000 } };
  expect(platformSettingsSchema(true).parse(longest).loadBalancer.idleTimeoutSeconds * 1000).toBeLessThan(keptMs);
  expect(
    messages(platformSettingsSchema(true), { ...platform, loadBalancer: { idleTimeoutSeconds: 4001 } }),
  ).not.toEqual([]);
});
