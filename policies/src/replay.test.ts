import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import { arbitraryPair } from "./diff/arbitrary-pair.ts";
import type { HostModel } from "./model.ts";
import { type PastDecision, replay } from "./replay.ts";
import { plainGrant, plainHost, plainServer, plainTool } from "./testing/plain-model.ts";
import { type TrustLevel, trustLevels } from "./trust.ts";

const time = "2026-11-24T23:59:59.999Z";

/** The record that the gateway writes of a call under `host`, by an agent of this consent; null: none. */
function record(
  host: HostModel,
  human: string,
  server: string,
  tool: string,
  consent: TrustLevel | null,
): PastDecision {
  const answer = decide(host, { human, server, tool, consent: consent ?? "low", on: time.slice(0, 10) });
  const trust = host.servers.find(({ key }) => key === server)?.tools.find(({ name }) => name === tool)?.trust ?? null;
  const said = { time, host: host.key, human, server, tool, trust };
  if (answer.allow && consent !== null) return { ...said, decision: "allow", code: "ALLOWED" };
  return { ...said, decision: "deny", code: answer.allow ? "CONSENT_TOO_LOW" : answer.code };
}

const call = fc.record({
  human: fc.constantFrom(0, 1, 2, 3, 4).map((n) => `human${n}@example.com`),
  server: fc.constantFrom(0, 1, 2, 3, 4).map((n) => `server${n}`),
  tool: fc.constantFrom(0, 1, 2, 3, 4).map((n) => `tool${n}`),
  consent: fc.constantFrom(null, ...trustLevels),
});
const calls = fc.array(call, { minLength: 20, maxLength: 20 });

test("nothing flips under the policy that decided it", () => {
  fc.assert(
    fc.property(arbitraryPair, calls, ([host], all) => {
      for (const { human, server, tool, consent } of all) {
        const past = record(host, human, server, tool, consent);
        expect(replay(host, past)).toMatchObject({ result: "unchanged", code: past.code });
      }
    }),
  );
});

test("what it says is what the other policy decides, whatever the consent that the record does not say", () => {
  fc.assert(
    fc.property(arbitraryPair, calls, ([before, after], all) => {
      for (const { human, server, tool, consent } of all) {
        const past = record(before, human, server, tool, consent);
        const now = record(after, human, server, tool, consent);
        const said = replay(after, past);
        // Where the record says the consent, there is nothing that can't be told.
        const exact = replay(after, { ...past, consent });
        const flips = now.decision === past.decision ? "unchanged" : now.decision === "allow" ? "allowed" : "denied";
        expect(exact).toMatchObject({ result: flips, code: now.code });
        if (said.result !== "unknown") expect(said.result).toBe(flips);
        else {
          const possible = [null, ...trustLevels]
            .filter((other) => record(before, human, server, tool, other).code === past.code)
            .map((other) => record(after, human, server, tool, other).decision);
          expect(new Set(possible)).toEqual(new Set(["allow", "deny"]));
        }
      }
    }),
  );
});

describe("a call", () => {
  const host = plainHost({
    humans: ["dev@example.com"],
    servers: [
      plainServer(
        "issues",
        {},
        {
          tools: [
            plainTool("create", "medium"),
            plainTool("wipe", "high", { approval: [{ scope: "tool", source: { file: "f", line: 1, column: 1 } }] }),
          ],
        },
      ),
    ],
    grants: [plainGrant("dev@example.com", "issues", "high", { until: "2026-11-24" })],
  });
  const past: PastDecision = {
    time,
    host: "demo",
    human: "Dev@example.com",
    server: "issues",
    tool: "create",
    trust: "medium",
    decision: "allow",
    code: "ALLOWED",
  };

  test.each<readonly [string, Partial<PastDecision>, object]>([
    ["that was allowed stays so", {}, { result: "unchanged", code: "ALLOWED", waits: false }],
    [
      "of the day after is denied",
      { time: "2026-11-25T00:00:00Z" },
      { result: "denied", code: "GRANT_ENDED", waits: false },
    ],
    [
      "counts by the day in UTC",
      { time: "2026-11-25T01:00:00+02:00" },
      { result: "unchanged", code: "ALLOWED", waits: false },
    ],
    [
      "that was allowed with less is in doubt where the trust is higher now",
      { trust: "low" },
      { result: "unknown", reason: "allowed if the consent is at least medium" },
    ],
    [
      "that was denied for its consent is denied still",
      { decision: "deny", code: "CONSENT_TOO_LOW" },
      { result: "unchanged", code: "CONSENT_TOO_LOW", waits: false },
    ],
    [
      "that was denied for its consent is in doubt where the trust is lower now",
      { trust: "high", decision: "deny", code: "CONSENT_TOO_LOW" },
      { result: "unknown", reason: "allowed if the consent is at least medium" },
    ],
    [
      "without a consent then has none now",
      { trust: "low", decision: "deny", code: "CONSENT_TOO_LOW" },
      { result: "unchanged", code: "CONSENT_TOO_LOW", waits: false },
    ],
    [
      "that was denied for its ceiling depends on the consent",
      { decision: "deny", code: "CEILING_TOO_LOW" },
      { result: "unknown", reason: "allowed if the consent is at least medium" },
    ],
    [
      "whose consent is recorded does not",
      { decision: "deny", code: "CEILING_TOO_LOW", consent: "medium" },
      { result: "allowed", code: "ALLOWED", waits: false },
    ],
    ["that would wait is told", { tool: "wipe", trust: "high" }, { result: "unchanged", code: "ALLOWED", waits: true }],
    [
      "that an outage denied was not decided by the policy",
      { decision: "deny", code: "DECISION_UNAVAILABLE" },
      { result: "unknown", reason: "DECISION_UNAVAILABLE was not the policy's decision" },
    ],
    [
      "of a tool that is not there now is denied",
      { tool: "gone" },
      { result: "denied", code: "TOOL_UNKNOWN", waits: false },
    ],
    [
      "of a server that is not there now is denied",
      { server: "gone" },
      { result: "denied", code: "SERVER_UNKNOWN", waits: false },
    ],
  ])("%s", (_, change, expected) => {
    expect(replay(host, { ...past, ...change })).toEqual(expected);
  });

  test("is decided for another day when one is named", () => {
    expect(replay(host, past, "2026-11-25")).toMatchObject({ result: "denied", code: "GRANT_ENDED" });
  });

  test("does not wait for an agent on the bypass list", () => {
    const bypass = { ...host, approval: { ...host.approval, bypass: [{ client: "ci" }] } };
    const wipe: PastDecision = { ...past, tool: "wipe", trust: "high", agent: { clientId: "ci" } };
    expect(replay(bypass, wipe)).toMatchObject({ result: "unchanged", waits: false });
  });

  test("of a host that the policy does not have can't be told", () => {
    expect(replay(undefined, past)).toEqual({ result: "unknown", reason: "the policy does not have the host" });
  });
});

test("a call to a server that a human entered is the trust of its tool, under the grants on them all", () => {
  const human = "human0@example.com";
  const servers = [plainServer("dynamic_mcp", { low: "low", medium: "medium", high: "high" }, { url: undefined })];
  const hostWith = (ceiling: TrustLevel) =>
    plainHost({ humans: [human], servers, grants: [plainGrant(human, "dynamic_mcp", ceiling)] });
  const said = { time, host: "demo", human, server: "dynamic-0123456789abcdef", tool: "send_mail" };
  const past = { ...said, trust: "medium", decision: "allow", code: "ALLOWED" } as const;
  expect(replay(hostWith("high"), past)).toMatchObject({ result: "unchanged" });
  expect(replay(hostWith("low"), past)).toMatchObject({ result: "denied", code: "CEILING_TOO_LOW" });
  const unseen = { ...said, trust: null, decision: "deny", code: "TOOL_UNKNOWN" } as const;
  expect(replay(hostWith("high"), unseen)).toMatchObject({ result: "unknown" });
});
