/** One record of each event that says everything it can, and one that says no more than it must. */
import type {
  AccountRecord,
  AuditRecord,
  CallResultRecord,
  ChainLink,
  ConsentRecord,
  DynamicServerRecord,
  LogRecord,
  PolicyRecord,
  RequestRecord,
  SessionRecord,
  SignInRecord,
  ToolCallRecord,
  ToolDriftRecord,
} from "../../src/deps/audit-records.ts";

/** Two records of the same event. */
export interface Example<Each extends AuditRecord = AuditRecord> {
  readonly full: Each;
  readonly bare: Each;
}

const digests = {
  arguments: "5d1c0e8a37f9b2644a0f6ed1c7a95b30e28b1f4d6c3a90875e24bd1f6a7c8093",
  policy: "a94e6f0c21d8b7537e90c4ad16f82b3595d07e1c4fa2638bb0e7195d8c23f46a",
  reviewed: "0c7be2915ad3f8644c1e9b70d2a5f386917e4bc05d28af63e1940b7c8d56f2a3",
  seen: "e81f40a6c95d72b33a0e6fd4b8172c95604ad3e9f7b52c18d60395ea4c7fb128",
  line: "71d9c3be05f2a846e8b07d1594cf3a6220b7e5d8c1f94a360e5d82c7b9f1a463",
};

const decisionId = "0197a3c4-5e80-7b1d-9f26-3a7c81d04e52";
const otherChain = "2b8f4c60-93d1-4e7a-8a05-c61e7d94b3f2";

/** The place of the examples in a chain. */
export const exampleLink: ChainLink = {
  replica: "4f7a1c09d2e84b6fa35d08c61e97b240",
  chain: "9d3e7f21-60c4-4ba8-b1f5-27e08a6d94c3",
  sequence: 4217,
  previous: digests.line,
};

const base = {
  id: decisionId,
  time: "2026-07-01T09:30:12.480Z",
  host: "acme",
  decision: "allow",
  code: "ALLOWED",
  reason: "Permit allows the call.",
} as const;
const human = "alice@example.com";
const requestId = "6e1f0b7a-8c24-4d93-b5a6-f07d2c91e384";
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const asked = { human, requestId } as const;
const clientAddress = "203.0.113.7";
const fullyAsked = { ...asked, traceId, clientAddress } as const;
const grantId = "c52d81e7-0f3b-46a9-9e14-7ad06b8f5c23";
const bareAgent = { clientId: "https://agent.example.com/client.json", name: "Example Agent" };
const agent = { ...bareAgent, version: "2.4.1" };

const bareCaller = { ...base, ...asked, agent: bareAgent, grantId, server: null };
const caller = {
  ...{ ...base, ...asked, traceId, agent, grantId, server: "tickets" },
  ...{ address: "mcp.example.com/tickets", clientAddress },
};

const toolCall: Example<ToolCallRecord> = {
  full: {
    ...caller,
    event: "tool_call",
    tool: "create_ticket",
    trust: "medium",
    consent: "medium",
    ceiling: "high",
    approvalId: "f08c2d65-31ae-4b97-a7d4-59e1b60c83fa",
    arguments: { digest: digests.arguments, shown: { title: "Printer is out of paper", contact: "[redacted]" } },
  },
  bare: { ...bareCaller, event: "tool_call", tool: "create_ticket", trust: null, consent: "low", ceiling: null },
};

const request: Example<RequestRecord> = {
  full: {
    ...caller,
    event: "request",
    reason: "The policy opens it to this agent.",
    method: "resources/read",
    consent: "medium",
    ceiling: "high",
  },
  bare: { ...bareCaller, event: "request", method: null, consent: "low", ceiling: null },
};

const ended = { code: "ALLOWED", reason: "The server answered." } as const;
const resultId = "0197a3c4-5e80-8b1d-9f26-3a7c81d04e52";
const callResult: Example<CallResultRecord> = {
  full: {
    ...caller,
    ...ended,
    id: resultId,
    time: "2026-07-01T09:30:12.833Z",
    event: "call_result",
    callId: decisionId,
    tool: "create_ticket",
    method: null,
    outcome: "answered",
    upstreamStatus: 200,
    durationMs: 353,
    requestBytes: 214,
    responseBytes: 1067,
  },
  bare: {
    ...bareCaller,
    ...{ id: resultId, event: "call_result", callId: decisionId, tool: null, method: "prompts/get" },
    ...{ outcome: "unknown", upstreamStatus: null, durationMs: null, requestBytes: null, responseBytes: null },
  },
};

const session = <Event extends SessionRecord["event"]>(event: Event, reason: string): Example<SessionRecord> => ({
  full: { ...caller, event, reason, protocolVersion: "2025-11-25" },
  bare: { ...bareCaller, event, reason, protocolVersion: null },
});

const consent = (event: ConsentRecord["event"], code: string, reason: string, receipt: string | null) => ({
  full: {
    ...{ ...base, ...fullyAsked, event, agent, grantId, server: "tickets" },
    ...{ level: "medium", receipt, code, reason },
  } satisfies ConsentRecord,
  bare: {
    ...{ ...base, ...asked, event, agent: bareAgent, grantId: null, server: null },
    ...{ level: null, receipt: null, code, reason },
  } satisfies ConsentRecord,
});
const receipt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZUBleGFtcGxlLmNvbSJ9.c2lnbmF0dXJl";

const signIn = (event: SignInRecord["event"], code: string, reason: string, method: SignInRecord["method"]) => ({
  full: { ...base, ...fullyAsked, event, code, reason, method } satisfies SignInRecord,
  bare: { ...base, ...asked, event, code, reason, method: null } satisfies SignInRecord,
});

const account: Example<AccountRecord> = {
  full: {
    ...{ ...base, ...fullyAsked, event: "account_changed", code: "UPSTREAM_CONNECTED" },
    ...{ reason: "The human connected an account at the server.", change: "upstream_connected", server: "tickets" },
  },
  bare: {
    ...{ ...base, human, requestId: null, event: "account_changed", code: "PASSKEY_ADDED" },
    ...{ reason: "The human added a passkey.", change: "passkey_added", server: null },
  },
};

const drift = { server: "tickets", reviewer: "admin", tool: "create_ticket" } as const;
const driftSays = {
  decision: "deny",
  code: "TOOL_CHANGED",
  reason: "create_ticket is not what was reviewed.",
} as const;
const { reviewed, seen } = digests;
const toolDrift: Example<ToolDriftRecord> = {
  full: { ...base, ...asked, traceId, event: "tool_drift", ...drift, ...driftSays, reviewed, seen },
  bare: { ...base, ...asked, event: "tool_drift", ...drift, ...driftSays, reviewed, seen },
};

const connected = { code: "CONNECTED", reason: "The human connected a server of their own with 3 tools." };
const dynamicServer: Example<DynamicServerRecord> = {
  full: {
    ...{ ...base, ...fullyAsked, ...connected, event: "dynamic_server" },
    ...{ server: "own-7c41", address: "mcp.example.com/notes" },
  },
  bare: { ...base, ...asked, ...connected, event: "dynamic_server", server: null, address: "mcp.example.com" },
};

const unasked = { ...base, human: null, requestId: null } as const;
const inForce = { code: "REFRESHED", reason: "This replica decides by these settings from now on." };
const policy: Example<PolicyRecord> = {
  full: { ...unasked, ...inForce, traceId, event: "policy_refreshed", policyDigest: digests.policy },
  bare: { ...unasked, ...inForce, event: "policy_refreshed", policyDigest: digests.policy },
};

const log = (event: LogRecord["event"], code: string, reason: string): Example<LogRecord> => ({
  full: {
    ...{ ...unasked, traceId, event, code, reason },
    heads: [{ chain: otherChain, sequence: 903, hash: digests.line }],
  },
  bare: { ...unasked, event, code, reason, heads: [] },
});

/** The examples by their event, in the order of `gateway/AUDIT-EVENTS.md`. */
export const exampleRecords: Readonly<Record<AuditRecord["event"], Example>> = {
  tool_call: toolCall,
  request,
  call_result: callResult,
  session_opened: session("session_opened", "The agent opened a session at the server."),
  session_ended: session("session_ended", "The agent ended its session at the server."),
  consent: consent("consent", "CONSENTED", "The human consented to medium.", receipt),
  consent_lowered: consent("consent_lowered", "LOWERED", "The human lowered the agent to medium.", receipt),
  consent_ended: consent("consent_ended", "REVOKED_BY_HUMAN", "The human revoked it.", null),
  sign_in: signIn("sign_in", "SIGNED_IN", "The human has proven who they are.", "passkey"),
  sign_out: signIn("sign_out", "SIGNED_OUT", "The human ended the session.", null),
  account_changed: account,
  tool_drift: toolDrift,
  dynamic_server: dynamicServer,
  policy_refreshed: policy,
  log_started: log("log_started", "LOG_STARTED", "This replica starts a chain."),
  log_checkpoint: log("log_checkpoint", "LOG_CHECKPOINT", "Signed: what is before this record."),
  log_ended: log("log_ended", "LOG_ENDED", "This replica ends its chain."),
  log_abandoned: log("log_abandoned", "LOG_ABANDONED", "The chain has no end: its replica did not end as it should."),
  log_trimmed: log("log_trimmed", "LOG_TRIMMED", "Records that were kept long enough were deleted."),
};
