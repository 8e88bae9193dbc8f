/** Where traces and metrics go, as the environment says it: OpenTelemetry's own variables, and two for the listener. */
import { z } from "zod";

const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

export type Sampler = (typeof samplers)[number];

/** What is measured goes somewhere. */
export interface TelemetrySettings {
  readonly serviceName: string;
  /** Attributes of this process in every span and metric. */
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: Sampler;
  /** Part of the traces, 0 to 1, for the samplers with `traceidratio`. */
  readonly ratio: number;
  /** Where spans are sent; undefined: no traces. */
  readonly traces: OtlpDestination | undefined;
  /** Where metrics are sent, every so often. */
  readonly metrics: (OtlpDestination & { readonly intervalMs: number }) | undefined;
  /** Where metrics can be fetched. */
  readonly listener: { readonly host: string; readonly port: number } | undefined;
}

/** An OTLP/HTTP receiver of one signal. */
export interface OtlpDestination {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `key=value,key=value`, percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS and OTEL_RESOURCE_ATTRIBUTES have it. */
const pairs = z.string().transform((text, context): Readonly<Record<string, string>> => {
  const found = text
    .split(",")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "")
    .map((pair) => /^([^=\s]+)\s*=\s*(.*)$/.exec(pair));
  try {
    const entries = found.map((match) => {
      const [, key = "", value = ""] = match ?? [];
      if (key === "") throw new Error("no key");
      return [decodeURIComponent(key), decodeURIComponent(value)];
    });
    return Object.fromEntries(entries);
  } catch {
    // Without what was said: headers are secret.
    context.addIssue({ code: "custom", message: "must be key=value,key=value, percent-encoded" });
    return z.NEVER;
  }
});

const signal = z.enum(["otlp", "none"]).default("otlp");

/** The variables by name, for `environmentSchema`. */
export const telemetryFields = {
  /** Base URL of an OTLP/HTTP receiver: `/v1/traces` and `/v1/metrics` are added. Without it nothing is sent. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** Headers for it. Secret. */
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  /** What is sent there; `none`: not this. */
  OTEL_TRACES_EXPORTER: signal,
  OTEL_METRICS_EXPORTER: signal,
  /** Milliseconds between two deliveries of metrics. */
  OTEL_METRIC_EXPORT_INTERVAL: z.coerce.number().int().min(100).max(3_600_000).default(60_000),
  OTEL_SERVICE_NAME: z.string().min(1).max(255).default("permit-mcp-gateway"),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  /** Which traces are kept. The `parentbased_` ones do as the client says where it says something. */
  OTEL_TRACES_SAMPLER: z.enum(samplers).default("parentbased_always_on"),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  /** `true`: nothing is measured, whatever the others say. */
  OTEL_SDK_DISABLED: z.string().default("false"),
  /** Port of `/metrics`, for Prometheus. Without it there is none. */
  METRICS_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  /** Address to listen on for it. Without it LISTEN_HOST. */
  METRICS_HOST: z.string().min(1).optional(),
};

type TelemetryEnvironment = z.infer<z.ZodObject<typeof telemetryFields>> & {
  readonly LISTEN_HOST: string;
  readonly PORT: number;
};

/**
 * Undefined: nothing is measured. Returns what is wrong as text: metrics on the public port would be for everybody, and
 * names of servers and tools are not.
 */
export function telemetryOf(
  env: TelemetryEnvironment,
): { readonly telemetry: TelemetrySettings | undefined } | { readonly problems: readonly string[] } {
  const { METRICS_PORT: port, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = env;
  if (port !== undefined && port === env.PORT) return { problems: ["METRICS_PORT: must be another port than PORT"] };
  // Anything but "true" is false (OpenTelemetry, environment variables, boolean values).
  if (env.OTEL_SDK_DISABLED.toLowerCase() === "true") return { telemetry: undefined };
  const to = (path: string): OtlpDestination | undefined =>
    endpoint === undefined
      ? undefined
      : { url: `${endpoint.replace(/\/$/, "")}${path}`, headers: env.OTEL_EXPORTER_OTLP_HEADERS ?? {} };
  const traces = env.OTEL_TRACES_EXPORTER === "none" ? undefined : to("/v1/traces");
  const sent = env.OTEL_METRICS_EXPORTER === "none" ? undefined : to("/v1/metrics");
  if (traces === undefined && sent === undefined && port === undefined) return { telemetry: undefined };
  return {
    telemetry: {
      serviceName: env.OTEL_SERVICE_NAME,
      resource: env.OTEL_RESOURCE_ATTRIBUTES ?? {},
      sampler: env.OTEL_TRACES_SAMPLER,
      ratio: env.OTEL_TRACES_SAMPLER_ARG,
      traces,
      metrics: sent === undefined ? undefined : { ...sent, intervalMs: env.OTEL_METRIC_EXPORT_INTERVAL },
      listener: port === undefined ? undefined : { host: env.METRICS_HOST ?? env.LISTEN_HOST, port },
    },
  };
}
