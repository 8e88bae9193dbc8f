import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryHost } from "./arbitrary-host.ts";
import { type DecisionQuery, decide } from "./decide.ts";
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

const source = { file: "host.yaml", line: 1, column: 1 };
const host = {
  key: "host",
  name: "Host",
  permit: { project: "default", environment: "host" },
  signIn: { password: { enabled: true } },
  admins: ["admin@example.com"],
  humans: [{ email: "dev@example.com", groups: [] }],
  servers: [
    {
      key: "issues",
      name: "Issues",
      description: "Issues",
      url: "https://issues.example.com/mcp",
      tools: [
        { name: "create", action: "create", trust: "medium", enabled: true, source },
        { name: "off", action: "off", trust: "low", enabled: false, source },
      ],
      source,
    },
  ],
  grants: [{ human: "dev@example.com", server: "issues", ceiling: "medium", source }],
} as const;
const question = { human: "dev@example.com", server: "issues", tool: "create", consent: "high" } as const;

test.each([
  ["the ceiling's level when it is the lower one", {}, { allow: true, effective: "medium" }],
  ["nothing else for the address in upper case", { human: "DEV@example.com" }, { allow: true, effective: "medium" }],
  ["SERVER_UNKNOWN", { server: "other" }, { allow: false, code: "SERVER_UNKNOWN" }],
  ["TOOL_UNKNOWN", { tool: "other" }, { allow: false, code: "TOOL_UNKNOWN" }],
  ["TOOL_UNKNOWN for a disabled tool", { tool: "off" }, { allow: false, code: "TOOL_UNKNOWN" }],
  ["NO_GRANT", { human: "other@example.com" }, { allow: false, code: "NO_GRANT" }],
  ["NO_GRANT for an admin", { human: "admin@example.com" }, { allow: false, code: "NO_GRANT" }],
  ["CONSENT_TOO_LOW", { consent: "low" }, { allow: false, code: "CONSENT_TOO_LOW" }],
] as const)("answers %s", (_, change, answer) => {
  expect(decide(host, { ...question, ...change })).toEqual(answer);
});

test("answers CEILING_TOO_LOW also when the consent is too low: raising the consent would not help", () => {
  const lowered = { ...host, grants: [{ ...host.grants[0], ceiling: "low" }] } as const;
  for (const consent of trustLevels) {
    expect(decide(lowered, { ...question, consent })).toEqual({ allow: false, code: "CEILING_TOO_LOW" });
  }
});
