import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryHost } from "./arbitrary-host.ts";
import { type DecisionQuery, decide } from "./decide.ts";
import { plainGrant, plainHost, plainServer, plainTool, today } from "./testing/plain-model.ts";
import { trustLevels } from "./trust.ts";

const order = { low: 1, medium: 2, high: 3 } as const;

/** Every question that could be asked of hosts of `arbitraryHost`, and some of things that they don't have. */
const questions: readonly DecisionQuery[] = [0, 1, 2, 3, 4, 5, 6].flatMap((server) =>
  [0, 1, 2, 3, 4, 5, 6].flatMap((tool) =>
    [0, 3, 6].flatMap((human) =>
      trustLevels.map((consent) => ({
        human: `human${human}@example.com`,
        server: `server${server}`,
        tool: `tool${tool}`,
        consent,
        on: today,
      })),
    ),
  ),
);

test("allows exactly where the lower of ceiling and consent is at least the tool's trust", () => {
  fc.assert(
    fc.property(arbitraryHost, (host) => {
      for (const question of questions) {
        const trusts = host.servers
          .filter(({ key }) => key === question.server)
          .flatMap(({ tools }) => tools.filter(({ name, enabled }) => name === question.tool && enabled))
          .map(({ trust }) => order[trust]);
        const ceilings = host.grants
          .filter(({ human, server }) => human === question.human && server === question.server)
          .filter(({ until }) => until === undefined || until >= question.on)
          .map(({ ceiling }) => order[ceiling]);
        const allowed = trusts.some((trust) =>
          ceilings.some((ceiling) => Math.min(ceiling, order[question.consent]) >= trust),
        );
        expect(decide(host, question).allow).toBe(allowed);
      }
    }),
    { numRuns: 50 },
  );
});

const host = plainHost({
  humans: ["dev@example.com", "gone@example.com"],
  servers: [
    plainServer("issues", {}, { tools: [plainTool("create", "medium"), plainTool("off", "low", { enabled: false })] }),
  ],
  grants: [
    plainGrant("dev@example.com", "issues", "medium"),
    plainGrant("gone@example.com", "issues", "high", { until: "2026-11-23" }),
  ],
});
const question = { human: "dev@example.com", server: "issues", tool: "create", consent: "high", on: today } as const;

test.each([
  ["the ceiling's level when it is the lower one", {}, { allow: true, effective: "medium", approval: false }],
  [
    "nothing else for the address in upper case",
    { human: "DEV@example.com" },
    { allow: true, effective: "medium", approval: false },
  ],
  ["SERVER_UNKNOWN", { server: "other" }, { allow: false, code: "SERVER_UNKNOWN" }],
  ["TOOL_UNKNOWN", { tool: "other" }, { allow: false, code: "TOOL_UNKNOWN" }],
  ["TOOL_UNKNOWN for a disabled tool", { tool: "off" }, { allow: false, code: "TOOL_UNKNOWN" }],
  ["NO_GRANT", { human: "other@example.com" }, { allow: false, code: "NO_GRANT" }],
  ["NO_GRANT for an admin", { human: "admin@example.com" }, { allow: false, code: "NO_GRANT" }],
  ["GRANT_ENDED", { human: "gone@example.com" }, { allow: false, code: "GRANT_ENDED" }],
  [
    "nothing of the end on the last day",
    { human: "gone@example.com", on: "2026-11-23" },
    { allow: true, effective: "high", approval: false },
  ],
  ["CONSENT_TOO_LOW", { consent: "low" }, { allow: false, code: "CONSENT_TOO_LOW" }],
] as const)("answers %s", (_, change, answer) => {
  expect(decide(host, { ...question, ...change })).toEqual(answer);
});

test("answers CEILING_TOO_LOW also when the consent is too low: raising the consent would not help", () => {
  const lowered = { ...host, grants: [plainGrant("dev@example.com", "issues", "low")] };
  for (const consent of trustLevels) {
    expect(decide(lowered, { ...question, consent })).toEqual({ allow: false, code: "CEILING_TOO_LOW" });
  }
});

describe("a human with a high grant that ends and a low one that stays", () => {
  const grants = [
    plainGrant("dev@example.com", "issues", "high", { until: "2026-11-24" }),
    plainGrant("dev@example.com", "issues", "low"),
  ];
  const ending = { ...host, grants };

  test("has the high ceiling through its last day, then the low one", () => {
    expect(decide(ending, question)).toEqual({ allow: true, effective: "high", approval: false });
    expect(decide(ending, { ...question, on: "2026-11-25" })).toEqual({ allow: false, code: "CEILING_TOO_LOW" });
  });
});

describe("a tool whose calls wait", () => {
  const source = { file: "host.yaml", line: 1, column: 1 };
  const tools = [plainTool("create", "medium", { approval: [{ scope: "tool", source }] })];
  const bypass = [{ client: "https://ci.example.com/agent" }, { client: "desk", human: "Dev@example.com" }];
  const waiting = {
    ...host,
    servers: [plainServer("issues", {}, { tools })],
    grants: ["dev@example.com", "ops@example.com"].map((human) => plainGrant(human, "issues", "high")),
    approval: { ...host.approval, bypass },
  };

  test.each([
    ["waits", {}, true],
    ["waits for a client that is not on the list", { client: "other" }, true],
    ["does not wait for a client of the list", { client: "https://ci.example.com/agent" }, false],
    ["does not wait for a client of this human", { client: "desk" }, false],
    ["waits for the same client of another human", { client: "desk", human: "ops@example.com" }, true],
  ])("%s", (_, change, approval) => {
    expect(decide(waiting, { ...question, ...change })).toEqual({ allow: true, effective: "high", approval });
  });
});
