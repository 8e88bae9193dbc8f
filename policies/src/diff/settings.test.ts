import { describe, expect, test } from "vitest";
import type { HostModel } from "../model.ts";
import { hostFileSchema } from "../schema/host-file.ts";
import { plainHost, plainServer, today } from "../testing/plain-model.ts";
import { diffHosts } from "./diff-hosts.ts";
import type { Effect } from "./host-diff.ts";

/** A host whose `host.yaml` says this. */
function hostSaying(fields: object): HostModel {
  const permit = { project: "default", environment: "demo" };
  const { listTools: _, ...said } = hostFileSchema.parse({ name: "Demo", permit, admins: [], ...fields });
  return plainHost({ humans: [], servers: [], grants: [] }, { ...said, humans: [] });
}
const settingsOf = (before: HostModel, after: HostModel) =>
  diffHosts([before], [after], today).hosts[0]?.settings ?? [];

const opposite: Readonly<Record<Effect, Effect>> = {
  loosens: "tightens",
  tightens: "loosens",
  differs: "differs",
  neutral: "neutral",
};

describe("a changed setting of the host, and the change back", () => {
  const password = { enabled: true };
  const oidc = (fields: object) => ({
    signIn: { password, oidc: { enabled: true, issuer: "https://id.example", ...fields } },
  });
  const google = (fields: object, domains?: readonly string[]) => ({
    signIn: { password, google: { enabled: true, ...fields }, ...(domains && { domains }) },
  });
  test.each<readonly [string, object, object, unknown, unknown, Effect]>([
    ["name", { name: "A" }, { name: "B" }, "A", "B", "neutral"],
    [
      "permit.environment",
      { permit: { project: "p", environment: "a" } },
      { permit: { project: "p", environment: "b" } },
      "a",
      "b",
      "differs",
    ],
    ["admins", {}, { admins: ["a@example.com"] }, [], ["a@example.com"], "loosens"],
    [
      "approvers",
      { approvers: ["a@example.com"] },
      { approvers: ["b@example.com"] },
      ["a@example.com"],
      ["b@example.com"],
      "differs",
    ],
    [
      "auditors",
      { auditors: ["a@example.com", "b@example.com"] },
      { auditors: ["b@example.com"] },
      ["a@example.com", "b@example.com"],
      ["b@example.com"],
      "tightens",
    ],
    ["approval.bypass", {}, { approval: { bypass: [{ client: "a" }] } }, [], [{ client: "a" }], "loosens"],
    [
      "approval.bypass",
      { approval: { bypass: [{ client: "a", human: "x@example.com" }] } },
      { approval: { bypass: [{ client: "a" }] } },
      [{ client: "a", human: "x@example.com" }],
      [{ client: "a" }],
      "differs",
    ],
    ["approval.selfApproval", {}, { approval: { selfApproval: true } }, false, true, "loosens"],
    ["approval.from", {}, { approval: { from: "high" } }, null, "high", "tightens"],
    ["approval.from", { approval: { from: "low" } }, { approval: { from: "medium" } }, "low", "medium", "loosens"],
    ["approval.timeoutSeconds", {}, { approval: { timeoutSeconds: 60 } }, 300, 60, "neutral"],
    [
      "approval.notify.email",
      {},
      { approval: { notify: { email: ["a@example.com"] } } },
      [],
      ["a@example.com"],
      "neutral",
    ],
    ["clients.registration", {}, { clients: { registration: false } }, true, false, "tightens"],
    ["clients.metadataDocuments", { clients: { metadataDocuments: false } }, {}, false, true, "loosens"],
    [
      "clients.listed",
      {},
      { clients: { listed: [{ id: "https://client.example.com/client.json" }] } },
      [],
      [{ id: "https://client.example.com/client.json" }],
      "loosens",
    ],
    [
      "clients.webOrigins",
      {},
      { clients: { webOrigins: ["https://inspector.example.com"] } },
      [],
      ["https://inspector.example.com"],
      "loosens",
    ],
    ["dynamicServers.enabled", {}, { dynamicServers: { enabled: true } }, false, true, "loosens"],
    ["sessions.idleDays", { sessions: { idleDays: 7 } }, {}, 7, 30, "loosens"],
    ["sessions.absoluteDays", {}, { sessions: { absoluteDays: 30 } }, 90, 30, "tightens"],
    ["rateLimits.mcp.max", {}, { rateLimits: { mcp: { max: 2000, windowSeconds: 60 } } }, 1000, 2000, "loosens"],
    [
      "rateLimits.signIn.windowSeconds",
      {},
      { rateLimits: { signIn: { max: 100, windowSeconds: 60 } } },
      300,
      60,
      "loosens",
    ],
    ["audit.retentionDays", {}, { audit: { retentionDays: 30 } }, 365, 30, "loosens"],
    ["audit.arguments", {}, { audit: { arguments: "digest" } }, "none", "digest", "tightens"],
    [
      "audit.arguments",
      { audit: { arguments: "digest" } },
      { audit: { arguments: "full" } },
      ...(["digest", "full", "tightens"] as const),
    ],
    ["audit.redact", {}, { audit: { redact: ["$.a"] } }, [], ["$.a"], "tightens"],
    ["audit.redact", { audit: { redact: ["$.a"] } }, { audit: { redact: ["$.b"] } }, ["$.a"], ["$.b"], "differs"],
    [
      "audit.lowCalls",
      {},
      { audit: { lowCalls: "before-call" } },
      ...(["before-answer", "before-call", "tightens"] as const),
    ],
    ["signIn.otp.enabled", {}, { signIn: { password, otp: { enabled: true } } }, null, true, "loosens"],
    ["signIn.password.enabled", {}, { signIn: { password: { enabled: false } } }, true, null, "tightens"],
    ["signIn.domains", {}, { signIn: { password, domains: ["a.example"] } }, null, ["a.example"], "tightens"],
    [
      "signIn.domains",
      { signIn: { password, domains: ["a.example"] } },
      { signIn: { password, domains: ["b.example"] } },
      ["a.example"],
      ["b.example"],
      "differs",
    ],
    [
      "signIn.domains",
      { signIn: { password: { enabled: true, domains: ["a.example"] }, domains: ["a.example"] } },
      { signIn: { password: { enabled: true, domains: ["a.example"] }, domains: ["a.example", "b.example"] } },
      ["a.example"],
      ["a.example", "b.example"],
      "neutral",
    ],
    [
      "signIn.password.domains",
      { signIn: { password: { enabled: true, domains: ["a.example"] } } },
      { signIn: { password: { enabled: true, domains: ["a.example", "b.example"] } } },
      ["a.example"],
      ["a.example", "b.example"],
      "loosens",
    ],
    [
      "signIn.google.domains",
      google({}, ["a.example"]),
      google({ domains: ["a.example", "b.example"] }, ["a.example"]),
      null,
      ["a.example", "b.example"],
      "neutral",
    ],
    ["signIn.google.domains", google({ enabled: false }), google({ enabled: false, domains: [] }), null, [], "neutral"],
    [
      "signIn.oidc.issuer",
      oidc({}),
      oidc({ issuer: "https://other.example" }),
      "https://id.example",
      "https://other.example",
      "differs",
    ],
    [
      "signIn.oidc.clientSecret.secret",
      oidc({ clientSecret: { secret: "a" } }),
      oidc({ clientSecret: { secret: "b" } }),
      "a",
      "b",
      "differs",
    ],
    [
      "signIn.oidc.issuer",
      oidc({ enabled: false }),
      oidc({ enabled: false, issuer: "https://other.example" }),
      "https://id.example",
      "https://other.example",
      "neutral",
    ],
    [
      "signIn.oidc.forceRedirectDomains",
      oidc({}),
      oidc({ forceRedirectDomains: ["a.example"] }),
      null,
      ["a.example"],
      "neutral",
    ],
  ])("%s %#", (setting, was, is, before, after, effect) => {
    const hosts = [hostSaying(was), hostSaying(is)] as const;
    expect(settingsOf(hosts[0], hosts[1])).toEqual([{ server: null, setting, before, after, effect }]);
    const back = { server: null, setting, before: after, after: before, effect: opposite[effect] };
    expect(settingsOf(hosts[1], hosts[0])).toEqual([back]);
  });

  test("switching a method on and off is told by that, whoever vouches for it", () => {
    const off = { signIn: { password, oidc: { enabled: false, issuer: "https://other.example" } } };
    const found = settingsOf(hostSaying(off), hostSaying(oidc({})));
    expect(found.map(({ setting, effect }) => [setting, effect])).toEqual([
      ["signIn.oidc.enabled", "loosens"],
      ["signIn.oidc.issuer", "neutral"],
    ]);
  });

  test("what is left out and what is written as it is anyway are the same, and so are lists in another order", () => {
    const written = hostSaying({
      audit: { redact: ["$.b", "$.a"] },
      signIn: { password, domains: ["a.example", "b.example"], otp: { enabled: false }, saml: { enabled: false } },
      approval: { bypass: [{ client: "a" }, { client: "b" }], notify: { email: ["a@example.com", "b@example.com"] } },
    });
    const other = hostSaying({
      audit: { redact: ["$.a", "$.b"], lowCalls: "before-answer" },
      signIn: { domains: ["b.example", "a.example"] },
      approval: { bypass: [{ client: "b" }, { client: "a" }], notify: { email: ["b@example.com", "a@example.com"] } },
    });
    expect(settingsOf(written, other)).toEqual([]);
  });
});

describe("a changed setting of a server", () => {
  const server = plainServer(
    "issues",
    {},
    {
      ...{ consentDays: 30, auth: { type: "oauth", scopes: ["b", "a"] }, rateLimit: { max: 5, windowSeconds: 60 } },
    },
  );
  const withServer = (fields: object) => ({ ...hostSaying({}), servers: [{ ...server, ...fields }] });
  test.each<readonly [string, object, unknown, unknown, Effect]>([
    ["name", { name: "Issues" }, "issues", "Issues", "neutral"],
    ["description", { description: "Other" }, "The issues server", "Other", "neutral"],
    ["url", { url: "https://b.example/mcp" }, "https://issues.example.com/mcp", "https://b.example/mcp", "differs"],
    ["transport.type", { transport: { type: "sse" } }, "http", "sse", "differs"],
    ["timeoutSeconds", { timeoutSeconds: 5 }, null, 5, "neutral"],
    ["maxAnswerMegabytes", { maxAnswerMegabytes: 65 }, 64, 65, "neutral"],
    ["maxAnswerMegabytes", { maxAnswerMegabytes: 1 }, 64, 1, "neutral"],
    ["listTools", { listTools: "all" }, "effective", "all", "neutral"],
    ["resources", { resources: "high" }, "low", "high", "tightens"],
    ["prompts", { prompts: "off" }, "low", "off", "tightens"],
    ["methods.skills/list", { methods: { "skills/list": "high" } }, null, "high", "loosens"],
    ["rateLimit.max", { rateLimit: { max: 3, windowSeconds: 60 } }, 5, 3, "tightens"],
    ["rateLimit.windowSeconds", { rateLimit: { max: 5, windowSeconds: 30 } }, 60, 30, "loosens"],
    ["consentDays", { consentDays: undefined }, 30, null, "loosens"],
    ["consentDays", { consentDays: 7 }, 30, 7, "tightens"],
    ["audit.arguments", { audit: { arguments: "digest", redact: [] } }, null, "digest", "tightens"],
    ["audit.arguments", { audit: { arguments: "none", redact: [] } }, null, "none", "neutral"],
    ["audit.redact", { audit: { redact: ["$.a"] } }, [], ["$.a"], "tightens"],
    ["auth.scopes", { auth: { type: "oauth", scopes: ["a"] } }, ["a", "b"], ["a"], "differs"],
    ["auth.clientId", { auth: { type: "oauth", scopes: ["a", "b"], clientId: "c" } }, null, "c", "differs"],
  ])("%s %#", (setting, change, before, after, effect) => {
    expect(settingsOf(withServer({}), withServer(change))).toEqual([
      { server: "issues", setting, before, after, effect },
    ]);
  });

  test("a limit that comes tightens, one that goes loosens, and its window says nothing more", () => {
    const effects = (before: object, after: object) =>
      settingsOf(withServer(before), withServer(after)).map((change) => [change.setting, change.effect]);
    const none = { rateLimit: undefined };
    expect(effects(none, {})).toEqual([
      ["rateLimit.max", "tightens"],
      ["rateLimit.windowSeconds", "neutral"],
    ]);
    expect(effects({}, none)).toEqual([
      ["rateLimit.max", "loosens"],
      ["rateLimit.windowSeconds", "neutral"],
    ]);
  });

  test("of the audit is compared with what the host says where the server says nothing", () => {
    const saying = (host: string, ofServer?: string) => ({
      ...hostSaying({ audit: { arguments: host } }),
      servers: [{ ...server, audit: { redact: [], ...(ofServer && { arguments: ofServer }) } as typeof server.audit }],
    });
    const effects = (before: HostModel, after: HostModel) =>
      settingsOf(before, after).map((change) => [change.server, change.effect]);
    expect(effects(saying("full"), saying("full", "digest"))).toEqual([["issues", "loosens"]]);
    expect(effects(saying("full", "digest"), saying("full"))).toEqual([["issues", "tightens"]]);
    expect(effects(saying("full"), saying("digest", "full"))).toEqual([
      [null, "loosens"],
      ["issues", "neutral"],
    ]);
  });

  test("is told of servers that were there and are there only", () => {
    const alone = { ...hostSaying({}), servers: [] };
    expect(settingsOf(alone, withServer({}))).toEqual([]);
    expect(settingsOf(withServer({}), alone)).toEqual([]);
  });
});

test("a setting of which nothing is known counts as one that weakens", () => {
  const [was, is] = [1, 2].map((value) => ({ ...hostSaying({}), newSetting: { value } }));
  if (was === undefined || is === undefined) throw new Error("two hosts");
  expect(settingsOf(was, is)).toEqual([
    { server: null, setting: "newSetting.value", before: 1, after: 2, effect: "differs" },
  ]);
});
