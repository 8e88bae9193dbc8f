import { describe, expect, test } from "vitest";
import type { GrantModel, HostModel, ServerModel, ToolModel } from "../model.ts";
import { plainGrant, plainHost, plainServer, plainTool, today } from "../testing/plain-model.ts";
import { diffHosts } from "./diff-hosts.ts";
import { type FindingKind, findingKinds } from "./finding.ts";
import { failing, findingsOf, verdictOf } from "./findings.ts";

const source = { file: "host.yaml", line: 1, column: 1 };
const waits = { approval: [{ scope: "tool", source }] } as const;
const definition = (description: string) => ({ description, inputSchema: {}, digest: description });
const [dev, ops] = ["dev@example.com", "ops@example.com"];

/** A host of two servers with two tools each; `dev` reads on both. */
function hostWith(
  changes: {
    readonly tools?: readonly ToolModel[];
    readonly server?: Partial<ServerModel>;
    readonly grants?: readonly GrantModel[];
    readonly servers?: readonly ServerModel[];
  } = {},
  settings: Partial<HostModel> = {},
): HostModel {
  const tools = changes.tools ?? [plainTool("read", "low"), plainTool("wipe", "high")];
  return plainHost(
    {
      humans: [dev, ops],
      servers: changes.servers ?? [
        plainServer("issues", {}, { tools, ...changes.server }),
        plainServer("wiki", { read: "low", write: "medium" }),
      ],
      grants: changes.grants ?? [plainGrant(dev, "issues", "low"), plainGrant(dev, "wiki", "low")],
    },
    settings,
  );
}
const plain = hostWith();
const { signIn, approval } = plain;
const grants = (
  ...said: readonly (readonly [string, string, "low" | "medium" | "high", (string | undefined)?, number?])[]
) => ({
  grants: said.map(([human, server, ceiling, until, consentDays]) =>
    plainGrant(human, server, ceiling, { until, consentDays }),
  ),
});

const disclosed = "audit records hold more of the arguments of calls";

type Row = readonly [string, HostModel, HostModel, readonly (readonly [readonly FindingKind[], string])[]];
const high: readonly FindingKind[] = ["destructive-gain", "gain"];
const rows: readonly Row[] = [
  ["nothing", plain, hostWith(), []],
  ["a ceiling without a tool", plain, hostWith(grants([dev, "issues", "medium"], [dev, "wiki", "low"])), []],
  [
    "a ceiling that reaches what destroys",
    plain,
    hostWith(grants([dev, "issues", "high"], [dev, "wiki", "medium"])),
    [
      [high, "+1 person can call 1 destructive tool"],
      [["gain"], "+1 person can call 1 other tool"],
    ],
  ],
  [
    "two people, each counted once",
    plain,
    hostWith(grants([dev, "wiki", "high"], [ops, "issues", "low"], [ops, "wiki", "medium"])),
    [
      [["gain"], "+2 people can call 3 tools"],
      [["loss"], "-1 person can no longer call 1 tool"],
    ],
  ],
  [
    "a tool that destroys, said to read",
    plain,
    hostWith({ tools: [plainTool("read", "low"), plainTool("wipe", "low")] }),
    [
      [high, "+1 person can call 1 destructive tool"],
      [["tool-change"], "tools: 1 with another trust"],
    ],
  ],
  [
    "a lower consent",
    hostWith(grants([dev, "issues", "high"])),
    hostWith({ ...grants([dev, "issues", "high"]), tools: [plainTool("read", "low"), plainTool("wipe", "medium")] }),
    [
      [high, "agents of 1 person can call 1 destructive tool with a lower consent"],
      [["tool-change"], "tools: 1 with another trust"],
    ],
  ],
  [
    "a grant that lasts longer",
    hostWith(grants([dev, "wiki", "low", "2026-12-31"])),
    hostWith(grants([dev, "wiki", "low"])),
    [[["gain"], "1 person will have their ceiling for longer"]],
  ],
  [
    "a high grant that lasts longer",
    hostWith(grants([dev, "issues", "high", "2026-12-01"])),
    hostWith(grants([dev, "issues", "high", "2026-12-02"])),
    [[high, "1 person will have a high ceiling for longer"]],
  ],
  [
    "a grant that ends sooner",
    hostWith(grants([dev, "wiki", "low"])),
    hostWith(grants([dev, "wiki", "low", "2026-12-31"])),
    [],
  ],
  [
    "a lower ceiling after the high one",
    hostWith(grants([dev, "issues", "high", "2026-12-01"])),
    hostWith(grants([dev, "issues", "high", "2026-12-01"], [dev, "issues", "low"])),
    [[["gain"], "1 person will have their ceiling for longer"]],
  ],
  ["a grant that has ended, taken away", hostWith(grants([dev, "wiki", "high", "2026-11-23"])), hostWith(grants()), []],
  [
    "consents that live longer",
    hostWith(grants([dev, "wiki", "low", undefined, 7])),
    hostWith(grants([dev, "wiki", "low", undefined, 14])),
    [[["weakened"], "consents of 1 person live longer"]],
  ],
  [
    "consents without an end",
    hostWith(grants([dev, "wiki", "low", undefined, 7])),
    hostWith(grants([dev, "wiki", "low"])),
    [[["weakened"], "consents of 1 person live longer"]],
  ],
  [
    "consents that live shorter",
    hostWith(grants([dev, "wiki", "low"])),
    hostWith(grants([dev, "wiki", "low", undefined, 7])),
    [],
  ],
  [
    "consents of another ceiling",
    hostWith(grants([dev, "wiki", "low", undefined, 7])),
    hostWith(grants([dev, "wiki", "medium"])),
    [[["gain"], "+1 person can call 1 tool"]],
  ],
  [
    "an approval dropped",
    hostWith({ tools: [plainTool("read", "low", waits), plainTool("wipe", "high", waits)] }),
    hostWith(),
    [[["approval-drop"], "calls of 2 tools no longer wait for an approval"]],
  ],
  [
    "one of two approvals dropped",
    hostWith({
      tools: [
        plainTool("read", "low", {
          approval: [
            { scope: "tool", source },
            { scope: "host", source },
          ],
        }),
      ],
    }),
    hostWith({ tools: [plainTool("read", "low", waits)] }),
    [],
  ],
  [
    "an approval dropped of a tool that is off",
    hostWith({ tools: [plainTool("read", "low", { ...waits, enabled: false })] }),
    hostWith({ tools: [plainTool("read", "low", { enabled: false })] }),
    [],
  ],
  [
    "an approval added",
    plain,
    hostWith({ tools: [plainTool("read", "low", waits), plainTool("wipe", "high")] }),
    [[[], "calls of 1 tool now wait for an approval"]],
  ],
  [
    "easier approvals",
    plain,
    hostWith({}, { approval: { ...approval, selfApproval: true, bypass: [{ client: "ci" }] } }),
    [
      [["approval-drop"], "approvers can approve their own agents"],
      [["approval-drop"], "more agents bypass approvals"],
    ],
  ],
  [
    "fewer approvals to come",
    hostWith({}, { approval: { ...approval, from: "low" } }),
    plain,
    [[["approval-drop"], "fewer new tools will wait for an approval"]],
  ],
  [
    "stricter approvals",
    hostWith({}, { approval: { ...approval, selfApproval: true, bypass: [{ client: "ci" }] } }),
    hostWith({}, { approval: { ...approval, from: "low" } }),
    [],
  ],
  [
    "another way to sign in",
    plain,
    hostWith({}, { signIn: { ...signIn, otp: { enabled: true } } }),
    [[["sign-in-weakened"], "sign-in is weaker"]],
  ],
  ["one way less to sign in", hostWith({}, { signIn: { ...signIn, otp: { enabled: true } } }), plain, []],
  [
    "roles",
    hostWith({}, { admins: [dev], approvers: [], auditors: [dev] }),
    hostWith({}, { admins: [dev, ops], approvers: [dev, ops], auditors: [] }),
    [
      [["role-gain"], "+1 admin"],
      [["role-gain"], "+2 approvers"],
    ],
  ],
  [
    "a tool that is new, and one that is gone",
    plain,
    hostWith({ tools: [plainTool("wipe", "high"), plainTool("find", "low")] }),
    [
      [["gain"], "+1 person can call 1 tool"],
      [["tool-change"], "tools: 1 new, 1 gone"],
      [["loss"], "-1 person can no longer call 1 tool"],
    ],
  ],
  [
    "a tool switched off",
    plain,
    hostWith({ tools: [plainTool("read", "low", { enabled: false }), plainTool("wipe", "high")] }),
    [
      [["tool-change"], "tools: 1 switched on or off"],
      [["loss"], "-1 person can no longer call 1 tool"],
    ],
  ],
  [
    "a tool that an agent can call more often, and one less often",
    hostWith({
      tools: [
        plainTool("read", "low", { rateLimit: { max: 5, windowSeconds: 60 } }),
        plainTool("wipe", "high", { rateLimit: { max: 5, windowSeconds: 60 } }),
      ],
    }),
    hostWith({
      tools: [plainTool("read", "low"), plainTool("wipe", "high", { rateLimit: { max: 1, windowSeconds: 60 } })],
    }),
    [[["weakened"], "1 tool can be called more often"]],
  ],
  [
    "calls of a tool, and answers of its server, that may be longer",
    plain,
    hostWith({
      tools: [plainTool("read", "low", { timeoutSeconds: 3600 }), plainTool("wipe", "high")],
      server: { maxAnswerMegabytes: 1024 },
    }),
    [],
  ],
  [
    "a tool that says something else",
    hostWith({ tools: [plainTool("read", "low", { definition: definition("a") })] }),
    hostWith({ tools: [plainTool("read", "low", { definition: definition("b") })] }),
    [[["tool-change"], "tools: 1 with another definition"]],
  ],
  [
    "another URL and another sign-in of one server",
    plain,
    hostWith({ server: { url: "https://b.example/mcp", auth: { type: "oauth" } } }),
    [[["server-change"], "servers: 1 with another address or sign-in"]],
  ],
  [
    "a server that is gone and one that is new",
    plain,
    hostWith({ servers: [plainServer("issues", { read: "low", wipe: "high" }), plainServer("files", {})] }),
    [
      [["server-change"], "servers: 1 new, 1 gone"],
      [["tool-change"], "tools: 2 gone"],
      [["loss"], "-1 person can no longer call 1 tool"],
    ],
  ],
  [
    "other settings that weaken",
    plain,
    hostWith(
      { server: { consentDays: 30 } },
      {
        sessions: { idleDays: 30, absoluteDays: 91 },
        dynamicServers: { enabled: true, maxPerHuman: 10, privateHosts: [] },
      },
    ),
    [[["weakened"], "2 settings are weaker"]],
  ],
  [
    "one setting that weakens",
    plain,
    hostWith({}, { audit: { ...plain.audit, retentionDays: 1 } }),
    [[["weakened"], "1 setting is weaker"]],
  ],
  [
    "arguments in the audit log of the host",
    plain,
    hostWith({}, { audit: { ...plain.audit, arguments: "full" } }),
    [[["disclosure"], disclosed]],
  ],
  [
    "their digest alone, which shows nothing",
    plain,
    hostWith({}, { audit: { ...plain.audit, arguments: "digest" } }),
    [],
  ],
  [
    "less in the audit log",
    hostWith({}, { audit: { ...plain.audit, arguments: "full" } }),
    hostWith({}, { audit: { ...plain.audit, arguments: "digest" } }),
    [[["weakened"], "1 setting is weaker"]],
  ],
  [
    "a part that is no longer redacted, beside another one that is",
    hostWith({}, { audit: { ...plain.audit, redact: ["$.a"] } }),
    hostWith({}, { audit: { ...plain.audit, redact: ["$.b"] } }),
    [[["disclosure"], disclosed]],
  ],
  [
    "more that is redacted",
    plain,
    hostWith({ server: { audit: { redact: ["$.b"] } } }, { audit: { ...plain.audit, redact: ["$.a"] } }),
    [],
  ],
  [
    "arguments in the audit log of a server",
    plain,
    hostWith({ server: { audit: { arguments: "full", redact: [] } } }),
    [[["disclosure"], disclosed]],
  ],
  [
    "a server that says no more that they are not",
    hostWith(
      { server: { audit: { arguments: "none", redact: [] } } },
      { audit: { ...plain.audit, arguments: "full" } },
    ),
    hostWith({}, { audit: { ...plain.audit, arguments: "full" } }),
    [[["disclosure"], disclosed]],
  ],
  [
    "arguments in the audit log of a tool",
    hostWith({ tools: [plainTool("read", "low"), plainTool("wipe", "high")] }),
    hostWith({
      tools: [plainTool("read", "low", { audit: { arguments: "full", redact: [] } }), plainTool("wipe", "high")],
    }),
    [[["disclosure"], disclosed]],
  ],
  [
    "a tool that says no more that they are not",
    hostWith(
      { tools: [plainTool("read", "low", { audit: { arguments: "none", redact: ["$.a"] } })] },
      { audit: { ...plain.audit, arguments: "full" } },
    ),
    hostWith(
      { tools: [plainTool("read", "low", { audit: { redact: ["$.a"] } })] },
      { audit: { ...plain.audit, arguments: "full" } },
    ),
    [[["disclosure"], disclosed]],
  ],
  [
    "a part of a tool's arguments that is no longer redacted",
    hostWith({ tools: [plainTool("read", "low", { audit: { redact: ["$.a"] } })] }),
    hostWith({ tools: [plainTool("read", "low")] }),
    [[["disclosure"], disclosed]],
  ],
  [
    "a tool of whose calls less is recorded, and one that says what holds anyway",
    hostWith(
      { tools: [plainTool("read", "low"), plainTool("wipe", "high")] },
      { audit: { ...plain.audit, arguments: "digest" } },
    ),
    hostWith(
      {
        tools: [
          plainTool("read", "low", { audit: { arguments: "none", redact: [] } }),
          plainTool("wipe", "high", { audit: { arguments: "digest", redact: [] } }),
        ],
      },
      { audit: { ...plain.audit, arguments: "digest" } },
    ),
    [[["weakened"], "less is recorded of calls of 1 tool"]],
  ],
  [
    "settings that strengthen or have no weight",
    plain,
    hostWith({ server: { consentDays: 30 } }, { name: "Other" }),
    [],
  ],
];

describe("what a difference amounts to:", () => {
  test.each(rows)("%s", (_, before, after, expected) => {
    const found = findingsOf(diffHosts([before], [after], today));
    expect(found.map(({ kinds, text }) => [kinds, text])).toEqual(expected);
  });
});

test("the same human of two hosts is one person, the same tool of two hosts is two tools", () => {
  const two = (host: HostModel) => [host, { ...host, key: "other" }];
  const raised = hostWith(grants([dev, "issues", "high"], [dev, "wiki", "low"]));
  expect(verdictOf(diffHosts(two(plain), two(raised), today))).toBe("+1 person can call 2 destructive tools.");
});

test("hosts that are new and gone are counted", () => {
  const found = findingsOf(diffHosts([plain], [{ ...plain, key: "other" }], today));
  expect(found.find(({ text }) => text.startsWith("hosts"))).toEqual({
    kinds: ["server-change"],
    text: "hosts: 1 new, 1 gone",
  });
});

describe("the verdict", () => {
  test("joins the findings in one line", () => {
    const raised = hostWith(grants([dev, "issues", "high"]));
    expect(verdictOf(diffHosts([plain], [raised], today))).toBe(
      "+1 person can call 1 destructive tool; -1 person can no longer call 1 tool.",
    );
  });
  test("says when nothing differs, and when only what has no weight does", () => {
    expect(verdictOf(diffHosts([plain], [plain], today))).toBe("No one gains or loses anything.");
    const renamed = diffHosts([plain], [{ ...plain, name: "Other" }], today);
    expect(verdictOf(renamed)).toBe("No one gains or loses anything; what differs is listed below.");
  });
});

describe("failing", () => {
  const raised = diffHosts([plain], [hostWith(grants([dev, "issues", "high"], [ops, "wiki", "low"]))], today);
  const texts = (kinds: readonly FindingKind[]) => failing(raised, kinds).map(({ text }) => text);
  test("takes the findings of the kinds that are asked for", () => {
    expect(texts([])).toEqual([]);
    expect(texts(["destructive-gain"])).toEqual(["+1 person can call 1 destructive tool"]);
    expect(texts(["gain"])).toEqual(["+1 person can call 1 destructive tool", "+1 person can call 1 other tool"]);
    expect(texts(["tool-change", "loss"])).toEqual(["-1 person can no longer call 1 tool"]);
    expect(texts(["any"])).toHaveLength(3);
  });
  test("any is also what has no weight, and nothing where nothing differs", () => {
    const renamed = diffHosts([plain], [{ ...plain, name: "Other" }], today);
    expect(failing(renamed, ["any"])).toEqual([{ kinds: ["any"], text: "the policies differ" }]);
    expect(failing(renamed, ["weakened"])).toEqual([]);
    expect(failing(diffHosts([plain], [plain], today), ["any"])).toEqual([]);
  });
  test("every kind but any is that of some finding", () => {
    const kinds = rows.flatMap(([, , , expected]) => expected.flatMap(([found]) => found));
    expect([...new Set([...kinds, "any"])].toSorted()).toEqual(Object.keys(findingKinds).toSorted());
  });
});
