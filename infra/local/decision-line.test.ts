import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AuditLines } from "./audit-lines.ts";
import { decisionLine } from "./decision-line.ts";

type Json = Readonly<Record<string, unknown>>;

// As text: infra never imports the gateway. Its tests compare these examples with what it writes.
const events = Array.from(
  readFileSync("gateway/AUDIT-EVENTS.md", "utf8").matchAll(/^```json\n([\s\S]*?)^```/gm),
  ([, text = ""]) => JSON.parse(text) as Json & { readonly metadata: Json },
);
function example(event: string) {
  const found = events.find(({ metadata }) => metadata.event_code === event);
  if (found === undefined) throw new Error(`AUDIT-EVENTS.md has no example of ${event}`);
  return found;
}
const line = (event: string, changes: Json = {}) => JSON.stringify({ ...example(event), ...changes });
const refused = { action_id: 2, message: "The tool is above the ceiling." };

test("a decision is one line, a refusal with its reason", () => {
  expect(decisionLine(line("tool_call"))).toBe(
    "09:30:12  allowed  tickets/create_ticket  alice@example.com via Example Agent",
  );
  expect(decisionLine(line("tool_call", refused))).toBe(
    "09:30:12  DENIED   tickets/create_ticket  alice@example.com via Example Agent: The tool is above the ceiling.",
  );
  expect(decisionLine(line("request", { action_id: 1 }))).toBe(
    "09:30:12  allowed  tickets/resources/read  alice@example.com via Example Agent",
  );
});

test.each(["consent", "consent_lowered", "consent_ended"])("%s is one line, with or without a server", (event) => {
  const consent = { action_id: 1, message: "The human consented to low." };
  const ending = "alice@example.com via Example Agent: The human consented to low.";
  expect(decisionLine(line(event, consent))).toBe(`09:30:12  consent  tickets  ${ending}`);
  expect(decisionLine(line(event, { ...consent, resources: undefined }))).toBe(
    `09:30:12  consent  no server  ${ending}`,
  );
});

test("nothing in it can rewrite the terminal", () => {
  const actor = { ...(example("tool_call").actor as Json), app_name: "evil\u001b[2J\nname" };
  expect(decisionLine(line("tool_call", { ...refused, actor }))).toBe(
    "09:30:12  DENIED   tickets/create_ticket  alice@example.com via evil?[2J?name: The tool is above the ceiling.",
  );
});

test("results and all other events are none, nor is what is no event", () => {
  const shown = ["tool_call", "request", "consent", "consent_lowered", "consent_ended"];
  const others = events.filter(({ metadata }) => !shown.includes(String(metadata.event_code)));
  expect(others.length).toBeGreaterThan(8);
  for (const other of others) expect(decisionLine(JSON.stringify(other))).toBeUndefined();
  expect(decisionLine(line("request", { activity_id: 0 }))).toBeUndefined();
  expect(decisionLine('not json, "event_code"')).toBeUndefined();
  expect(decisionLine('{"metadata":{"event_code":"tool_call"}}')).toBeUndefined();
});

test("what was delivered twice counts once, and only decisions on tool calls do", () => {
  const audit = new AuditLines();
  const told = events.map((event, at) => ({ ...event, metadata: { ...event.metadata, uid: `event-${at}` } }));
  for (const event of [...told, ...told]) audit.take(JSON.stringify(event));
  audit.take('{"level":30,"msg":"ready"}');
  const agent = { clientId: "https://agent.example.com/client.json", name: "Example Agent" };
  expect(audit.records).toMatchObject([{ agent, server: "tickets", tool: "create_ticket", decision: "allow" }]);
  expect(audit.of("Example Agent")).toEqual(audit.records);
  expect(audit.of("another")).toEqual([]);
  expect(audit.drift).toMatchObject([{ server: "tickets", tool: "create_ticket", decision: "deny" }]);
});
