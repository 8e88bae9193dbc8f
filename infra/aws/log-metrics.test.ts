import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { logFilters } from "./log-metrics.ts";

type Json = Readonly<Record<string, unknown>>;

/** The member of an event that a selector such as `$.metadata.event_code` names. */
const member = (event: Json, selector: string) =>
  selector
    .slice(2)
    .split(".")
    .reduce<unknown>((value, name) => (value as Json | undefined)?.[name], event);

/**
 * Whether a filter pattern matches, as the user guide of CloudWatch Logs says: comparisons, `&&`, `||` and parentheses.
 * Throws for a pattern that is more than these.
 */
function matches(pattern: string, event: Json): boolean {
  const tokens = pattern.match(/\$[\w.]+|"[^"]*"|&&|\|\||>=|[=(){}]|\d+|\S/g) ?? [];
  const take = (expected?: string) => {
    const token = tokens.shift() ?? "";
    if (expected !== undefined && token !== expected) throw new Error(`${expected} expected, not ${token}: ${pattern}`);
    return token;
  };
  const one = (): boolean => {
    if (tokens[0] === "(") {
      take("(");
      const inner = either();
      take(")");
      return inner;
    }
    const value = member(event, take());
    const operator = take();
    const right: unknown = JSON.parse(take());
    if (operator === ">=") return typeof value === "number" && value >= Number(right);
    if (operator !== "=") throw new Error(`${operator} is not known: ${pattern}`);
    return value === right;
  };
  const all = (): boolean => {
    let found = one();
    while (tokens[0] === "&&") {
      take("&&");
      const next = one();
      found = found && next;
    }
    return found;
  };
  const either = (): boolean => {
    let found = all();
    while (tokens[0] === "||") {
      take("||");
      const next = all();
      found = found || next;
    }
    return found;
  };
  take("{");
  const found = either();
  take("}");
  if (tokens.length > 0) throw new Error(`what is ${tokens.join(" ")}? ${pattern}`);
  return found;
}

const metricsOf = (log: "audit" | "application", event: Json) =>
  Object.entries(logFilters)
    .filter(([, filter]) => filter.log === log && matches(filter.pattern, event))
    .map(([name, { metric }]) => [name, metric.value === "1" ? 1 : member(event, metric.value)]);

// As text: infra never imports the gateway. Its tests compare these examples with what it writes.
const written = readFileSync("gateway/AUDIT-EVENTS.md", "utf8");
const examples = new Map<string, Json>(
  Array.from(written.matchAll(/^```json\n([\s\S]*?)^```/gm), ([, text = ""]) => {
    const event = JSON.parse(text) as Json & { readonly metadata: { readonly event_code: string } };
    return [event.metadata.event_code, event];
  }),
);
const example = (event: string) => {
  const found = examples.get(event);
  if (found === undefined) throw new Error(`AUDIT-EVENTS.md has no example of ${event}`);
  return found;
};
const refused = { action_id: 2, disposition_id: 2, status_id: 2, severity_id: 2 };

test.each(["tool_call", "request"])("%s is counted once, by its decision", (event) => {
  expect(metricsOf("audit", { ...example(event), action_id: 1 })).toEqual([["allowed", 1]]);
  expect(metricsOf("audit", { ...example(event), ...refused })).toEqual([["denied", 1]]);
  expect(metricsOf("audit", { ...example(event), ...refused, status_code: "DECISION_UNAVAILABLE" })).toEqual([
    ["denied", 1],
    ["decisionUnavailable", 1],
  ]);
});

test("a result is no decision: its end is counted, and the time it took", () => {
  const { duration, ...result } = example("call_result");
  const ended = (outcome: string) => ({ ...result, unmapped: { ...(result.unmapped as Json), outcome } });
  expect(duration).toEqual(expect.any(Number));
  expect(metricsOf("audit", { ...ended("answered"), duration })).toEqual([["callDuration", duration]]);
  for (const outcome of ["failed", "cancelled", "unknown"]) {
    expect(metricsOf("audit", ended(outcome))).toEqual([[outcome, 1]]);
  }
  const request = { ...(result.api as Json), operation: "resources/read" };
  expect(metricsOf("audit", { ...ended("answered"), duration, api: request })).toEqual([]);
});

test("of a tool that changed those that an admin reviews", () => {
  const { unmapped, ...drift } = example("tool_drift");
  const seen = (action_id: number, reviewer: string) => ({
    ...drift,
    action_id,
    unmapped: { ...Object(unmapped), reviewer },
  });
  expect(metricsOf("audit", seen(2, "admin"))).toEqual([["toolChanged", 1]]);
  expect(metricsOf("audit", seen(2, "human"))).toEqual([]);
  expect(metricsOf("audit", seen(1, "admin"))).toEqual([]);
});

test("nothing else that happens is counted", () => {
  const counted = ["tool_call", "request", "call_result", "tool_drift"];
  const others = [...examples].filter(([event]) => !counted.includes(event));
  expect(others.length).toBeGreaterThan(8);
  for (const [, event] of others) {
    expect(metricsOf("audit", event)).toEqual([]);
    expect(metricsOf("audit", { ...event, ...refused })).toEqual([]);
  }
});

test.each([
  [{ msg: "audit lag", destination: "cloudwatch:audit", auditLagSeconds: 7 }, [["auditLag", 7]]],
  [{ code: "AUDIT_REFUSED" }, [["auditRefused", 1]]],
  [{ code: "AUDIT_RECORD_REFUSED" }, [["auditRefused", 1]]],
  [{ code: "AUDIT_NOT_WRITTEN" }, [["auditNotWritten", 1]]],
  [{ code: "AUDIT_NOT_SIGNED" }, [["auditNotSigned", 1]]],
  [{ code: "AUDIT_NOT_KEPT" }, [["auditNotSigned", 1]]],
  [{ code: "AUDIT_CHAIN_LOST" }, [["auditChainLost", 1]]],
  [{ code: "GATEWAY_DEFECT" }, [["defect", 1]]],
  [{ code: "AUDIT_NOT_SHIPPED" }, []],
  [{ msg: "audit lag is unknown" }, []],
])("of the application log: %j", (line, metrics) => {
  expect(metricsOf("application", line)).toEqual(metrics);
});

// As text, too: a code that the gateway does not log would never be counted.
test("the gateway logs the codes that are counted, and the lag", () => {
  const source = ["audit/audit-log", "audit/log-keeper", "audit/shipper", "server"]
    .map((file) => readFileSync(`gateway/src/${file}.ts`, "utf8"))
    .join("\n");
  const codes = Object.values(logFilters)
    .filter(({ log }) => log === "application")
    .flatMap(({ pattern }) => Array.from(pattern.matchAll(/"([^"]+)"/g), ([, text = ""]) => text));
  expect(codes.length).toBeGreaterThan(5);
  expect(codes.filter((text) => !source.includes(`"${text}"`))).toEqual([]);
  expect(source).toContain("auditLagSeconds: lagSeconds }");
});
