/**
 * Every metric of the gateway: `gateway/OBSERVABILITY.md` lists the same, and a test compares the two. Names and units are
 * those of the semantic conventions of OpenTelemetry where there are such (HTTP, MCP, process, Node.js). Pure.
 */

/** One metric, as OpenTelemetry knows it. */
export interface Metric {
  readonly name: string;
  readonly instrument: "histogram" | "counter" | "updown" | "gauge" | "observed-counter" | "observed-updown";
  /** UCUM. */
  readonly unit: "s" | "By" | "1" | `{${string}}`;
  readonly description: string;
  /** Names of its attributes. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly boundaries?: readonly number[];
}

/** Of the conventions for MCP. */
const callSeconds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
/** Of the conventions for HTTP. */
const httpSeconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Questions to a decision point and commits take single milliseconds. */
const shortSeconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** The metrics by what they are of. */
export const metrics = {
  httpDuration: {
    name: "http.server.request.duration",
    instrument: "histogram",
    unit: "s",
    description: "HTTP requests, from their arrival to the end of the answer.",
    labels: ["http.request.method", "http.route", "http.response.status_code", "url.scheme", "error.type"],
    boundaries: httpSeconds,
  },
  operationDuration: {
    name: "mcp.server.operation.duration",
    instrument: "histogram",
    unit: "s",
    description: "What MCP clients asked for, from the arrival of the request to the end of the answer.",
    labels: ["mcp.method.name", "gateway.server", "gen_ai.tool.name", "error.type"],
    boundaries: callSeconds,
  },
  upstreamDuration: {
    name: "mcp.client.operation.duration",
    instrument: "histogram",
    unit: "s",
    description: "Requests to MCP servers, from their start to the end of the answer.",
    labels: ["mcp.method.name", "gateway.server", "gen_ai.tool.name", "error.type"],
    boundaries: callSeconds,
  },
  refusals: {
    name: "gateway.refusals",
    instrument: "counter",
    unit: "{refusal}",
    description: "What the gateway refused, by the code of the reason.",
    labels: ["gateway.server", "error.type"],
  },
  decisionDuration: {
    name: "gateway.decision.duration",
    instrument: "histogram",
    unit: "s",
    description: "Questions to the decision point on tool calls.",
    labels: ["gateway.server", "gateway.decision"],
    boundaries: shortSeconds,
  },
  auditWriteDuration: {
    name: "gateway.audit.write.duration",
    instrument: "histogram",
    unit: "s",
    description: "Audit records, until they are durable.",
    labels: ["error.type"],
    boundaries: shortSeconds,
  },
  auditQueue: {
    name: "gateway.audit.queue.length",
    instrument: "gauge",
    unit: "{record}",
    description: "Audit records that wait to become durable.",
    labels: [],
  },
  auditLag: {
    name: "gateway.audit.lag",
    instrument: "gauge",
    unit: "s",
    description: "Age of the oldest audit record that a destination does not have yet.",
    labels: ["gateway.audit.destination"],
  },
  streams: {
    name: "gateway.mcp.streams",
    instrument: "updown",
    unit: "{stream}",
    description: "Open streams to clients without a call behind them.",
    labels: [],
  },
  sessions: {
    name: "gateway.mcp.sessions",
    instrument: "gauge",
    unit: "{session}",
    description: "Sessions that this process holds open with servers that are programs or speak HTTP+SSE.",
    labels: [],
  },
  tokenRefreshes: {
    name: "gateway.upstream.token.refreshes",
    instrument: "counter",
    unit: "{refresh}",
    description: "Attempts to refresh a human's token at a server.",
    labels: ["gateway.server", "gateway.outcome"],
  },
  signingKeyAge: {
    name: "gateway.signing_key.age",
    instrument: "gauge",
    unit: "s",
    description: "Age of the newest key that the gateway signs with.",
    labels: [],
  },
  policyAge: {
    name: "gateway.policy.age",
    instrument: "gauge",
    unit: "s",
    description: "Time since the policy was last read, or since the start.",
    labels: [],
  },
  cpuTime: {
    name: "process.cpu.time",
    instrument: "observed-counter",
    unit: "s",
    description: "Processor time of the process.",
    labels: ["cpu.mode"],
  },
  memory: {
    name: "process.memory.usage",
    instrument: "observed-updown",
    unit: "By",
    description: "Resident memory of the process.",
    labels: [],
  },
  uptime: {
    name: "process.uptime",
    instrument: "gauge",
    unit: "s",
    description: "Time since the process started.",
    labels: [],
  },
  eventLoop: {
    name: "nodejs.eventloop.utilization",
    instrument: "gauge",
    unit: "1",
    description: "Part of the time since the last reading in which the event loop was busy.",
    labels: [],
  },
} as const satisfies Record<string, Metric>;

const unitNames: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes", "1": "_ratio" };

/** A metric's name without what its kind adds, as Prometheus has it: with the unit's full name at its end. */
export function prometheusBaseName(name: string, unit: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, "_") + (unitNames[unit] ?? "");
}

/** The name by which Prometheus asks for a metric; of a histogram without `_bucket`, `_count` or `_sum`. */
export function prometheusName({ name, unit, instrument }: Pick<Metric, "name" | "unit" | "instrument">): string {
  const counts = instrument === "counter" || instrument === "observed-counter";
  return prometheusBaseName(name, unit) + (counts ? "_total" : "");
}
