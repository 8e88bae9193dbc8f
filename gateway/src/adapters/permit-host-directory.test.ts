import Fastify, { type FastifyBaseLogger } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PermitFixture, permitKey, startPermit } from "../../test/permit-fixture.ts";
import { openMemoryDatabase } from "../../testing/memory-database.ts";
import type { HostSettings } from "../deps/host-settings.ts";
import type { Database } from "./database.ts";
import { createPermitClient } from "./permit-client.ts";
import { openPermitHostDirectory, type RefreshingHostDirectory } from "./permit-host-directory.ts";

let permit: PermitFixture;
let database: Database;
const open: RefreshingHostDirectory[] = [];
const warned: string[] = [];

beforeAll(async () => {
  permit = await startPermit();
  database = await openMemoryDatabase();
});
afterAll(async () => {
  for (const directory of open) await directory.close();
  await database.close();
  await permit.close();
});

const tool = (name: string, trust: string) => ({ name, attributes: { tool: name, trust } });
const hostDocument = (servers: string[]) => ({
  attributes: { name: "Demo", servers, sign_in: { password: { enabled: true } } },
});

beforeEach(async () => {
  warned.length = 0;
  permit.failWith = undefined;
  permit.requests.length = 0;
  permit.resources.clear();
  permit.instances.clear();
  await database.kysely.deleteFrom("gateway_host_settings").execute();
  permit.instances.set("gateway_host:demo", hostDocument(["issues"]));
  permit.instances.set("issues:issues", {
    attributes: { name: "Issues", description: "d", upstream_url: "http://127.0.0.1:1/mcp" },
  });
  permit.resources.set("issues", {
    key: "issues",
    actions: { list_issues: tool("list issues", "low"), delete_issue: tool("delete-issue", "high") },
  });
});

async function openDirectory(refreshSeconds = 3600, clock = () => new Date()): Promise<RefreshingHostDirectory> {
  const directory = await openPermitHostDirectory({
    permit: createPermitClient({ apiKey: permitKey, apiUrl: permit.url, pdpUrl: permit.url }),
    hostKey: "demo",
    database,
    refreshSeconds,
    clock,
    log: Object.assign(Object.create(Fastify({ logger: false }).log) as FastifyBaseLogger, {
      warn: (...line: unknown[]) => void warned.push(JSON.stringify(line)),
    }),
  });
  open.push(directory);
  return directory;
}
const toolsOf = (directory: RefreshingHostDirectory, server = "issues") =>
  [...(directory.settings().servers.get(server)?.tools.values() ?? [])].map(({ name, trust }) => `${name}: ${trust}`);

test("reads host, servers and tools", async () => {
  const directory = await openDirectory();
  const settings = directory.settings();
  expect(settings).toMatchObject({ key: "demo", name: "Demo", signIn: { password: { enabled: true } } });
  expect(settings.servers.get("issues")).toMatchObject({
    name: "Issues",
    upstreamUrl: "http://127.0.0.1:1/mcp",
    maxAnswerBytes: 64_000_000,
  });
  expect(settings.servers.get("issues")?.tools.get("delete-issue")).toEqual({
    name: "delete-issue",
    action: "delete_issue",
    trust: "high",
    approval: false,
    unsupported: [],
    timeoutSeconds: undefined,
    rateLimit: undefined,
    digest: undefined,
    audit: { arguments: "none", redact: [] },
  });
  expect(settings.audit).toEqual({ retentionDays: 365, lowCalls: "before-answer" });
});

test("reads what the policy says beside trust", async () => {
  const terms = { alice_40example_2ecom: [{ ceiling: "high", until: "2026-11-30", consent_days: 14 }] };
  permit.instances.set("gateway_host:demo", {
    attributes: { ...hostDocument(["issues"]).attributes, sessions: { idleDays: 7, absoluteDays: 30 } },
  });
  permit.instances.set("issues:issues", {
    attributes: {
      ...{ name: "Issues", description: "d", upstream_url: "http://127.0.0.1:1/mcp" },
      ...{ list_tools: "all", timeout_seconds: 20, max_answer_megabytes: 2, consent_days: 60, grant_terms: terms },
    },
  });
  permit.resources.set("issues", {
    key: "issues",
    actions: {
      list_issues: {
        name: "list",
        attributes: { tool: "list", trust: "low", digest: "sha256:1", approval: true, timeout_seconds: 90 },
      },
    },
  });
  const directory = await openDirectory();
  const settings = directory.settings();
  expect(settings).toMatchObject({ sessions: { idleDays: 7, absoluteDays: 30 }, unsupported: [] });
  const issues = settings.servers.get("issues");
  expect(issues).toMatchObject({
    listTools: "all",
    timeoutSeconds: 20,
    maxAnswerBytes: 2_000_000,
    consentDays: 60,
    unsupported: [],
  });
  expect(Object.fromEntries(issues?.grantTerms ?? [])).toEqual(terms);
  expect(issues?.tools.get("list")).toMatchObject({
    digest: "sha256:1",
    approval: true,
    timeoutSeconds: 90,
    unsupported: ["approval"],
  });
  // Whoever runs the gateway is told, once and not at every refresh.
  await directory.refresh();
  expect(warned.filter((line) => line.includes("refused"))).toEqual([
    JSON.stringify([{ refused: ["issues/list: approval"] }, "the policy needs what this gateway does not have"]),
  ]);
});

describe("a policy of a later format, which can't be parsed", () => {
  const later = (): void => {
    permit.instances.set("gateway_host:demo", {
      attributes: { ...hostDocument(["issues"]).attributes, sign_in: { ldap: true }, requires: ["sign-in-ldap"] },
    });
  };

  test("still says what the host requires, after a start with the kept copy too", async () => {
    const directory = await openDirectory();
    expect(directory.settings().unsupported).toEqual([]);
    later();
    await directory.refresh();
    expect(directory.settings().unsupported).toEqual(["sign-in-ldap"]);
    expect((await openDirectory()).settings().unsupported).toEqual(["sign-in-ldap"]);
  });

  test("at a start with a copy of before is not passed over", async () => {
    await openDirectory();
    later();
    expect((await openDirectory()).settings().unsupported).toEqual(["sign-in-ldap"]);
  });

  test.each<[string, () => void]>([
    [
      "the server",
      () => permit.instances.set("issues:issues", { attributes: { auth: { type: "mtls" }, requires: ["mtls"] } }),
    ],
    [
      "one of its tools",
      () =>
        permit.resources.set("issues", {
          actions: {
            list_issues: { attributes: { tool: "list issues", trust: { from: "mtls" }, requires: ["mtls"] } },
          },
        }),
    ],
  ])("still says what %s requires", async (_what, change) => {
    const directory = await openDirectory();
    change();
    await directory.refresh();
    await directory.refresh();
    expect(directory.settings().servers.get("issues")).toMatchObject({ unsupported: ["mtls"] });
  });
});

test("a copy made by a gateway that knew less does not stand for what it left out", async () => {
  const directory = await openDirectory();
  await directory.close();
  const settings = {
    host: { ...hostDocument([]).attributes, requires: ["rate-limits"] },
    servers: {},
    readWith: ["sign-in-domains"],
  };
  await database.kysely
    .updateTable("gateway_host_settings")
    .set({ settings: JSON.stringify(settings) })
    .execute();
  permit.failWith = 503;
  expect((await openDirectory()).settings().unsupported).toEqual(["rate-limits"]);
});

test("follows changes in the background and tells listeners: once at first, then on change", async () => {
  const directory = await openDirectory(0.1);
  const seen: string[] = [];
  directory.onChange(async (settings: HostSettings) => void seen.push(settings.name));
  directory.onChange(async () => {
    throw new Error("a listener that fails");
  });
  await expect.poll(() => permit.requests.length).toBeGreaterThan(10);
  expect(seen).toEqual(["Demo"]);
  permit.instances.set("gateway_host:demo", {
    attributes: { ...hostDocument([]).attributes, name: "Renamed" },
  });
  await expect.poll(() => seen).toEqual(["Demo", "Renamed"]);
  expect(directory.settings().servers.size).toBe(0);
  await directory.close();
});

test("while the host says that its servers are the same, they are read once a minute and not at every refresh", async () => {
  const withRevision = (revision: string, name = "Demo") =>
    permit.instances.set("gateway_host:demo", {
      attributes: { ...hostDocument(["issues"]).attributes, name, revision },
    });
  const setTrust = (trust: string) => permit.resources.set("issues", { actions: { list_issues: tool("list", trust) } });
  withRevision("1");
  setTrust("low");
  let now = new Date("2026-01-01T00:00:00Z");
  const directory = await openDirectory(3600, () => now);
  const refresh = async () => {
    permit.requests.length = 0;
    await directory.refresh();
    return permit.requests.length;
  };
  const all = 3;
  withRevision("1", "Renamed");
  setTrust("medium");
  expect([await refresh(), directory.settings().name, toolsOf(directory)]).toEqual([1, "Renamed", ["list: low"]]);
  withRevision("2");
  expect([await refresh(), toolsOf(directory)]).toEqual([all, ["list: medium"]]);
  setTrust("high");
  expect([await refresh(), toolsOf(directory)]).toEqual([1, ["list: medium"]]);
  now = new Date("2026-01-01T00:01:00Z");
  expect([await refresh(), toolsOf(directory)]).toEqual([all, ["list: high"]]);
  // What can't be read is looked at each time, and so is what comes after it.
  withRevision("3");
  setTrust("highest");
  expect([await refresh(), await refresh(), toolsOf(directory)]).toEqual([all, all, ["list: high"]]);
  setTrust("low");
  expect([await refresh(), toolsOf(directory), await refresh()]).toEqual([all, ["list: low"], 1]);
});

test("while Permit is away: keeps what it has, and starts with the kept copy", async () => {
  const directory = await openDirectory();
  permit.failWith = 503;
  await directory.refresh();
  expect(toolsOf(directory)).toEqual(["list issues: low", "delete-issue: high"]);
  const restarted = await openDirectory();
  expect(toolsOf(restarted)).toEqual(["list issues: low", "delete-issue: high"]);
  expect(restarted.settings()).toEqual(directory.settings());
});

test("without Permit and without a copy there is no policy, until Permit comes", async () => {
  permit.failWith = 401;
  const directory = await openDirectory();
  expect(() => directory.settings()).toThrow(expect.objectContaining({ code: "POLICY_UNAVAILABLE" }) as Error);
  const seen: string[] = [];
  directory.onChange(async (settings) => void seen.push(settings.key));
  permit.failWith = undefined;
  await directory.refresh();
  expect(directory.settings().key).toBe("demo");
  expect(seen).toEqual(["demo"]);
});

test("a copy that can't be parsed is no policy", async () => {
  await database.kysely
    .insertInto("gateway_host_settings")
    .values({ host: "demo", settings: '{"host":{}}', fetched_at: new Date() })
    .execute();
  permit.failWith = 503;
  const directory = await openDirectory();
  expect(() => directory.settings()).toThrow(expect.objectContaining({ code: "POLICY_UNAVAILABLE" }) as Error);
});

test.each<[string, () => void]>([
  ["the host's document", () => permit.instances.set("gateway_host:demo", { attributes: { name: "Demo" } })],
  ["a missing host", () => permit.instances.delete("gateway_host:demo")],
  ["a server's document", () => permit.instances.set("issues:issues", { attributes: { upstream_url: "no url" } })],
  ["a missing server", () => permit.instances.delete("issues:issues")],
  [
    "a tool's trust",
    () => permit.resources.set("issues", { actions: { list_issues: tool("list issues", "highest") } }),
  ],
  ["a tool without attributes", () => permit.resources.set("issues", { actions: { list_issues: { name: "x" } } })],
])("refuses %s that can't be read and keeps the old one", async (_what, change) => {
  const directory = await openDirectory();
  change();
  await directory.refresh();
  expect(toolsOf(directory)).toEqual(["list issues: low", "delete-issue: high"]);
});

test("two actions for one tool name: the whole server is refused, the others stay", async () => {
  permit.instances.set("gateway_host:demo", hostDocument(["issues", "other"]));
  permit.instances.set("other:other", permit.instances.get("issues:issues") ?? {});
  permit.resources.set("other", { actions: { list: tool("list", "low") } });
  permit.resources.set("issues", {
    actions: { list_issues: tool("list issues", "low"), list_issues_2: tool("list issues", "high") },
  });
  const directory = await openDirectory();
  expect([...directory.settings().servers.keys()]).toEqual(["other"]);
});
