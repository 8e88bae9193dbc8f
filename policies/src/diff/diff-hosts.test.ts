import { describe, expect, test } from "vitest";
import { plainGrant, plainHost, plainServer, plainTool, today } from "../testing/plain-model.ts";
import { diffHosts } from "./diff-hosts.ts";
import { isSame } from "./host-diff.ts";

const dev = "dev@example.com";
const host = plainHost({
  humans: [dev],
  servers: [plainServer("issues", { read: "low", wipe: "high" })],
  grants: [plainGrant(dev, "issues", "low")],
});
const same = { access: [], grants: [], tools: [], servers: [], settings: [] };
const alone = { humans: [dev], groups: [], others: [dev] };
const term = { until: null, consentDays: null };

describe("a host", () => {
  test("that is the same has nothing, and hosts come by key", () => {
    const other = { ...host, key: "b" };
    const last = { ...host, key: "z" };
    expect(diffHosts([last, other, host], [host, last, other], today)).toEqual({
      on: today,
      hosts: ["b", "demo", "z"].map((key) => ({ host: key, present: { before: true, after: true }, ...same })),
    });
  });

  test("that is new has all that it has, and none of what is so by default", () => {
    const [found] = diffHosts(
      [],
      [{ ...host, dynamicServers: { enabled: true, maxPerHuman: 10, privateHosts: [] } }],
      today,
    ).hosts;
    expect(found).toEqual({
      host: "demo",
      present: { before: false, after: true },
      access: [
        {
          server: "issues",
          people: alone,
          before: null,
          after: "low",
          tools: [
            {
              tool: "read",
              trust: { before: null, after: "low" },
              before: null,
              after: { consent: "low", approval: false },
            },
          ],
        },
      ],
      grants: [{ server: "issues", people: alone, before: [], after: [{ ceiling: "low", ...term }] }],
      tools: [
        {
          server: "issues",
          tool: "read",
          before: null,
          after: {
            trust: "low",
            enabled: true,
            approval: [],
            timeoutSeconds: null,
            rateLimit: null,
            audit: { arguments: null, redact: [] },
          },
          definition: null,
          recorded: { before: null, after: "none" },
        },
        {
          server: "issues",
          tool: "wipe",
          before: null,
          after: {
            trust: "high",
            enabled: true,
            approval: [],
            timeoutSeconds: null,
            rateLimit: null,
            audit: { arguments: null, redact: [] },
          },
          definition: null,
          recorded: { before: null, after: "none" },
        },
      ],
      servers: [{ server: "issues", before: null, after: { name: "issues", url: "https://issues.example.com/mcp" } }],
      settings: [
        { server: null, setting: "admins", before: [], after: ["admin@example.com"], effect: "loosens" },
        { server: null, setting: "dynamicServers.enabled", before: false, after: true, effect: "loosens" },
        { server: null, setting: "signIn.password.enabled", before: null, after: true, effect: "loosens" },
      ],
    });
  });

  test("is not the same when it is new, also where nobody can do anything in it", () => {
    const empty = plainHost(
      { humans: [], servers: [], grants: [] },
      { admins: [], signIn: { password: { enabled: false } } },
    );
    const hosts = diffHosts([], [empty], today).hosts;
    expect(hosts).toEqual([{ host: "demo", present: { before: false, after: true }, ...same }]);
    expect(hosts.map(isSame)).toEqual([false]);
  });
});

describe("tools", () => {
  const source = { file: "host.yaml", line: 1, column: 1 };
  const definition = { description: "reads", inputSchema: {}, digest: "sha256:a" };
  const withTool = (changes: object) => ({
    ...host,
    servers: [plainServer("issues", {}, { tools: [plainTool("read", "low", changes), plainTool("wipe", "high")] })],
  });
  const toolsOf = (changes: object, before: object = {}) =>
    diffHosts([withTool(before)], [withTool(changes)], today).hosts[0]?.tools;
  const audit = { arguments: null, redact: [] };
  const terms = { trust: "low", enabled: true, approval: [], timeoutSeconds: null, rateLimit: null, audit };
  const recorded = { before: "none", after: "none" };
  test.each<readonly [string, object, object]>([
    ["another trust", { trust: "medium" }, { trust: "medium" }],
    ["switched off", { enabled: false }, { enabled: false }],
    ["a timeout", { timeoutSeconds: 5 }, { timeoutSeconds: 5 }],
    [
      "an approval",
      {
        approval: [
          { scope: "server", source },
          { scope: "host", source },
        ],
      },
      { approval: ["server", "host"] },
    ],
    [
      "another audit",
      { audit: { arguments: "none", redact: ["$.b", "$.a"] } },
      { audit: { arguments: "none", redact: ["$.a", "$.b"] } },
    ],
  ])("%s", (_, changes, expected) => {
    const change = {
      server: "issues",
      tool: "read",
      before: terms,
      after: { ...terms, ...expected },
      definition: null,
      recorded,
    };
    expect(toolsOf(changes)).toEqual([change]);
  });

  test("a definition that is another one, with both; the same one by its digest is none", () => {
    const other = { ...definition, digest: "sha256:b" };
    const change = { server: "issues", tool: "read", before: terms, after: terms, recorded };
    expect(toolsOf({ definition })).toEqual([{ ...change, definition: { before: null, after: definition } }]);
    expect(toolsOf({ definition: other }, { definition })).toEqual([
      { ...change, definition: { before: definition, after: other } },
    ]);
    expect(toolsOf({ definition: { ...definition } }, { definition })).toEqual([]);
  });

  test("the place of a line is no difference", () => {
    const at = (line: number) => ({
      source: { ...source, line },
      approval: [{ scope: "tool", source: { ...source, line } }],
    });
    expect(toolsOf(at(2), at(7))).toEqual([]);
  });
});

describe("humans", () => {
  test("with equal ceilings are one class, sorted, and classes come by their first human", () => {
    const people = ["a", "b", "c", "d"].map((name) => `${name}@example.com`);
    const [a = "", b = "", c = "", d = ""] = people;
    const of = (...grants: readonly (readonly [string, "low" | "high"])[]) =>
      plainHost({
        humans: people,
        servers: host.servers,
        grants: grants.map(([human, ceiling]) => plainGrant(human, "issues", ceiling)),
      });
    const found = diffHosts([of([d, "low"], [b, "low"])], [of([d, "high"], [c, "low"], [a, "low"], [b, "high"])], today)
      .hosts[0];
    expect(found?.access.map(({ people: { humans }, before, after }) => [humans, before, after])).toEqual([
      [[a, c], null, "low"],
      [[b, d], "low", "high"],
    ]);
    expect(found?.grants.map(({ people: { humans } }) => humans)).toEqual([
      [a, c],
      [b, d],
    ]);
  });

  test("whose grant ends on the day have it, and don't on the next", () => {
    const until = (day: string | undefined) => ({
      ...host,
      grants: [plainGrant(dev, "issues", "low", { until: day })],
    });
    const [ending] = diffHosts([until(undefined)], [until(today)], today).hosts;
    expect(ending).toMatchObject({ access: [], grants: [{ before: [{ until: null }], after: [{ until: today }] }] });
    const [ended] = diffHosts([until(undefined)], [until(today)], "2026-11-25").hosts;
    expect(ended).toMatchObject({ access: [{ before: "low", after: null }], grants: [{ after: [] }] });
  });
});
