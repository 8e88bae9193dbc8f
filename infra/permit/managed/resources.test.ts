import { type HostModel, type PermitObject, plan } from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { arbitraryHost } from "@permit-mcp-gateway/policies/testing/arbitrary-host";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grants, hostModel, serverModel } from "../../testing/host-model.ts";
import { startProvisioning } from "../../testing/provisioning.ts";
import { humanName } from "./human-name.ts";
import { isSamePolicy, policyRecord, policyRecordDifference } from "./policy-record.ts";
import { kindOf, managedResources } from "./resources.ts";

/** What a state file does to inputs. */
const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const byIdentity = (objects: readonly PermitObject[]) =>
  objects
    .map((object) =>
      JSON.stringify(object, (_, value: unknown) =>
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
          : Array.isArray(value)
            ? value.map((item) => JSON.stringify(item)).toSorted()
            : value,
      ),
    )
    .toSorted();

test("the resources stand for the plan, no more and no less, also after they were in a state file", () => {
  fc.assert(
    fc.property(arbitraryHost, (host) => {
      const [{ kind: _, host: key, ...environment }, ...inner] = stored(managedResources(plan(host, today)));
      const objects = inner.flatMap((inputs) => kindOf(inputs).objects(inputs));
      const [first, ...planned] = plan(host, today);
      expect(key).toBe(host.key);
      expect(first).toEqual({
        kind: "environment",
        ...environment,
        key: environment.environment,
        environment: undefined,
      });
      expect(byIdentity(objects)).toEqual(byIdentity(planned));
    }),
  );
});

test("what Permit has after provisioning is, in a preview's words, what the inputs say", async () => {
  const host = await startProvisioning();
  const model = hostModel({ approvers: ["lead@example.com", "admin@example.com"] });
  await host.provision(model);
  const client = await host.organization.environment(model.permit);
  const [, ...inner] = managedResources(plan(model, today));
  for (const inputs of inner) expect(await kindOf(inputs).read(client, stored(inputs))).toEqual(stored(inputs));
  await host.close();
});

test("a server has one resource for all that it is, and one for its grants; keys are the reader's words", () => {
  const [environment, ...inner] = managedResources(plan(hostModel(), today));
  expect(environment).toEqual({
    kind: "environment",
    project: "default",
    environment: "demo",
    host: "demo",
    name: "Demo",
  });
  const place = { project: "default", environment: "demo" };
  const issues = inner.filter((inputs) => "server" in inputs && inputs.server === "issues");
  expect(issues).toMatchObject([
    {
      ...place,
      kind: "server",
      actions: {
        list_issues: { name: "list_issues", attributes: { trust: "low" }, allowedTo: "low, medium, high" },
        create_issue: { name: "create_issue", attributes: { trust: "medium" }, allowedTo: "medium, high" },
        delete_issue: { name: "delete_issue", attributes: { trust: "high" }, allowedTo: "high" },
      },
      roles: { high: "user_profile#issues-high@high, user_profile#owner@high" },
      relations: { low: "user_profile", medium: "user_profile", high: "user_profile" },
      attributes: { upstream_url: "https://issues.example.com/mcp" },
    },
    {
      ...place,
      kind: "server-grants",
      grants: { "contractor@example.com": "low", "developer@example.com": "medium", "lead@example.com": "high" },
    },
  ]);
});

test("a tool that is named as Pulumi marks secrets is refused, and does not pass for one", () => {
  const server = serverModel("issues", { "4dabf18193072939515e22adb298388d": "low" });
  const model = hostModel({ servers: [server], grants: grants("issues", {}) });
  expect(() => managedResources(plan(model, today))).toThrow(
    `"4dabf18193072939515e22adb298388d" can't be a name in a Pulumi stack`,
  );
});

test("only a key that a policy can have written is shown as an address", () => {
  expect(humanName("human|lead_40example_2ecom", "human|")).toBe("lead@example.com");
  // `__proto__` as a map's key would be lost on the way into the state, and with it the drift.
  for (const key of ["_5f_5fproto_5f_5f", "__proto__", "lead_40Example_2ecom_zz", "nobody"]) {
    expect(humanName(`human|${key}`, "human|")).toBe(`human|${key}`);
  }
  expect(humanName("agent|lead_40example_2ecom", "human|")).toBe("agent|lead_40example_2ecom");
});

describe("the policy that was provisioned last", () => {
  const moved = (model: HostModel): HostModel => ({
    ...model,
    source: { file: "elsewhere.yaml", line: 99, column: 9 },
    servers: model.servers.map((server) => ({ ...server, source: { file: "a.yaml", line: 3, column: 3 } })),
  });

  test("is the same when lines of its files move, and on another day", () => {
    const record = policyRecord(hostModel(), today);
    expect(isSamePolicy(record, policyRecord(moved(hostModel()), "2026-12-24"))).toBe(true);
    expect(isSamePolicy(record, policyRecord(hostModel({ grants: [] }), today))).toBe(false);
  });

  test("tells who gains and who loses what", () => {
    const before = policyRecord(hostModel({ grants: grants("issues", { "developer@example.com": "low" }) }), today);
    const after = policyRecord(hostModel({ grants: grants("issues", { "developer@example.com": "medium" }) }), today);
    expect(policyRecordDifference(before, after)).toEqual([
      "+1 person can call 1 tool.",
      "",
      "demo",
      "  Who can call what",
      "    + developer@example.com on issues, ceiling low -> medium",
      "        can call: create_issue (medium)",
    ]);
    expect(policyRecordDifference(after, before)[0]).toBe("-1 person can no longer call 1 tool.");
    expect(policyRecordDifference(undefined, after)).toContain("demo (new)");
  });

  test("stays readable when everything is new", () => {
    const servers = Array.from({ length: 120 }, (_, index) => serverModel(`server-${index}`, { read: "low" }));
    const lines = policyRecordDifference(undefined, policyRecord(hostModel({ servers, grants: [] }), today));
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toMatch(/^… and \d+ lines more: npm run policy -- diff$/);
  });
});
