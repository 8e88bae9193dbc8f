/** What the attributes of host, server and tool say together. */
import { expect, test } from "vitest";
import { settingsOf } from "../../testing/host-settings.ts";
import { refusedOf } from "../features.ts";

test("attributes of before the fields of the audit read as what holds by default", () => {
  const old = { retentionDays: 30, arguments: "digest" } as const;
  const settings = settingsOf({ host: { audit: old }, servers: { issues: { tools: { read: "low" } } } });
  expect(settings.audit).toEqual({ retentionDays: 30, lowCalls: "before-answer" });
  expect(settings.servers.get("issues")?.tools.get("read")?.audit).toEqual({ arguments: "digest", redact: [] });
  expect(refusedOf(settings)).toEqual([]);
});

test("the closest place says what is recorded of arguments, and what is redacted adds up", () => {
  const settings = settingsOf({
    host: { audit: { arguments: "digest", redact: ["$..token"], lowCalls: "before-call" } },
    servers: {
      issues: {
        attributes: { audit: { arguments: "full", redact: ["$.pin", "$..token"] } },
        tools: {
          read: "low",
          write: { trust: "medium", audit: { redact: ["$.text"] } },
          wipe: { trust: "high", audit: { arguments: "none" } },
        },
      },
      wiki: { tools: { read: "low" } },
    },
  });
  const of = (server: string) =>
    [...(settings.servers.get(server)?.tools.values() ?? [])].map(({ name, audit }) => [name, audit]);
  expect(settings.audit).toEqual({ retentionDays: 365, lowCalls: "before-call" });
  expect(of("issues")).toEqual([
    ["read", { arguments: "full", redact: ["$..token", "$.pin"] }],
    ["write", { arguments: "full", redact: ["$..token", "$.pin", "$.text"] }],
    ["wipe", { arguments: "none", redact: ["$..token", "$.pin"] }],
  ]);
  expect(of("wiki")).toEqual([["read", { arguments: "digest", redact: ["$..token"] }]]);
  expect(refusedOf(settings)).toEqual([]);
});

test("tools of servers that humans enter have what the host says", () => {
  const settings = settingsOf({
    host: {
      audit: { arguments: "full", redact: ["$..token"] },
      dynamic_servers: { enabled: true, maxPerHuman: 1, privateHosts: [] },
    },
    servers: { dynamic_mcp: { tools: { low: "low" } } },
  });
  expect(settings.dynamicServers?.rules.tools.get("low")?.audit).toEqual({ arguments: "full", redact: ["$..token"] });
  expect(settings.dynamicServers?.rules.maxAnswerBytes).toBe(64_000_000);
});

test.each([
  ["a path that could run for long", ["$[?search(@, '(x+)+y')]"]],
  ["a path that is none", ["password"]],
])("attributes with %s are not read", (_, redact) => {
  const tools = { read: { trust: "low", audit: { redact } } } as const;
  expect(() => settingsOf({ servers: { issues: { tools } } })).toThrow("The path ");
  expect(() => settingsOf({ host: { audit: { redact } }, servers: {} })).toThrow("The path ");
});
