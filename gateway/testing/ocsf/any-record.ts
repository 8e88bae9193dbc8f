/** Any record that the types and their documentation allow, for property tests. */
import { signInMethods, trustLevels } from "@permit-mcp-gateway/policies";
import fc from "fast-check";
import { type AuditRecord, accountChanges, type ChainLink } from "../../src/deps/audit-records.ts";

/** Any text of a client's: lone surrogates, control characters, what the event says itself. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", "unknown", "tools/call", "DELETE"),
);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const level = fc.constantFrom(...trustLevels);
const count = fc.maxSafeNat();
const time = fc
  .date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
  .map((date) => date.toISOString());
/** As it comes back from JSON, which knows no -0. */
const json = fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value)));

const base = { id: fc.uuid(), time, host: text, code: text, reason: text };
const decision = fc.constantFrom("allow" as const, "deny" as const);
const asked = { human: text, requestId: text };
const agent = fc.record({ clientId: text, name: text, version: text }, { requiredKeys: ["clientId", "name"] });
const caller = { ...base, ...asked, agent, grantId: text, server: orNull(text) };
const called = { ...caller, decision, consent: level, ceiling: orNull(level) };
const optional = { traceId: text };
const optionalOfAsked = { ...optional, clientAddress: fc.oneof(fc.ipV4(), fc.ipV6()) };
const optionalOfCaller = { ...optionalOfAsked, address: text };
const recordedArguments = fc.record({ digest: text, shown: json }, { requiredKeys: ["digest"] });

/** Members that are always there, and members that may be absent. */
function record<Must extends object, May extends object>(
  must: { [Key in keyof Must]: fc.Arbitrary<Must[Key]> },
  may: { [Key in keyof May]: fc.Arbitrary<May[Key]> },
) {
  return fc
    .tuple(fc.record(must), fc.record(may, { requiredKeys: [] }))
    .map(([always, sometimes]) => ({ ...always, ...sometimes }) as Must & Partial<May>);
}

const event = <Name extends AuditRecord["event"]>(...names: readonly Name[]) => ({ event: fc.constantFrom(...names) });

const toolCalls = record(
  { ...called, ...event("tool_call"), tool: text, trust: orNull(level) },
  { ...optionalOfCaller, approvalId: text, arguments: recordedArguments },
);
const requests = record({ ...called, ...event("request"), method: orNull(text) }, optionalOfCaller);
const results = record(
  {
    ...{ ...caller, ...event("call_result"), decision: fc.constant("allow" as const), callId: text },
    asked: fc.oneof(
      fc.record({ tool: text, method: fc.constant(null) }),
      fc.record({ tool: fc.constant(null), method: orNull(text) }),
    ),
    outcome: fc.constantFrom("answered" as const, "failed" as const, "cancelled" as const, "unknown" as const),
    ...{ upstreamStatus: orNull(count), durationMs: orNull(count) },
    ...{ requestBytes: orNull(count), responseBytes: orNull(count) },
  },
  optionalOfCaller,
).map(({ asked: { tool, method }, ...rest }) => ({ ...rest, tool, method }));
const sessions = record(
  { ...caller, ...event("session_opened", "session_ended"), decision, protocolVersion: orNull(text) },
  optionalOfCaller,
);
const consents = record(
  {
    ...{ ...base, ...asked, ...event("consent", "consent_lowered", "consent_ended"), decision, agent },
    ...{ grantId: orNull(text), server: orNull(text), level: orNull(level), receipt: orNull(text) },
  },
  optionalOfAsked,
);
const signIns = record(
  { ...base, ...asked, ...event("sign_in", "sign_out"), decision, method: orNull(fc.constantFrom(...signInMethods)) },
  optionalOfAsked,
);
const accounts = record(
  {
    ...{ ...base, ...event("account_changed"), decision, human: text, requestId: orNull(text) },
    ...{ change: fc.constantFrom(...accountChanges), server: orNull(text) },
  },
  optionalOfAsked,
);
const drifts = record(
  {
    ...{ ...base, ...asked, ...event("tool_drift"), decision, server: text, tool: text, reviewed: text, seen: text },
    reviewer: fc.constantFrom("admin" as const, "human" as const),
  },
  optional,
);
const dynamicServers = record(
  { ...base, ...asked, ...event("dynamic_server"), decision, server: orNull(text), address: text },
  optionalOfAsked,
);
const unasked = { ...base, human: fc.constant(null), requestId: fc.constant(null), decision };
const policies = record({ ...unasked, ...event("policy_refreshed"), policyDigest: text }, optional);
const heads = fc.array(fc.record({ chain: text, sequence: count, hash: text }), { maxLength: 3 });
const logs = record(
  { ...unasked, ...event("log_started", "log_checkpoint", "log_ended", "log_abandoned", "log_trimmed"), heads },
  optional,
);

/** A record of any event. */
export const anyRecord: fc.Arbitrary<AuditRecord> = fc.oneof(
  ...[toolCalls, requests, results, sessions, consents, signIns, accounts, drifts, dynamicServers, policies, logs],
);

/** Any place in a chain. */
export const anyLink: fc.Arbitrary<ChainLink> = fc.record({
  replica: text,
  chain: text,
  sequence: count,
  previous: text,
});
