/** A receiver of OTLP/HTTP with JSON bodies (OTLP specification 1.x), as a collector is one. */
import type { IncomingHttpHeaders } from "node:http";
import { listen } from "./upstream-fixture.ts";

/** A span as it came over the wire. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

export interface TelemetryReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** Names of metrics that came. */
  readonly metrics: Set<string>;
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[];
  /** Status of the next answers. */
  status: number;
  close(): Promise<void>;
}

interface TracesBody {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[] }[];
}
interface MetricsBody {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
  }[];
}

export async function startTelemetryReceiver(): Promise<TelemetryReceiver> {
  const received = { spans: [] as ReceivedSpan[], metrics: new Set<string>(), status: 200 };
  const requests: TelemetryReceiver["requests"] = [];
  const { url, close } = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      requests.push({ path: request.url ?? "", headers: request.headers, body });
      if (received.status === 200 && request.url === "/v1/traces") {
        const { resourceSpans } = JSON.parse(body) as TracesBody;
        for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) received.spans.push(...spans);
      }
      if (received.status === 200 && request.url === "/v1/metrics") {
        const { resourceMetrics } = JSON.parse(body) as MetricsBody;
        const scopes = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics);
        for (const { name } of scopes.flatMap(({ metrics }) => metrics)) received.metrics.add(name);
      }
      response.writeHead(received.status, { "content-type": "application/json" }).end("{}");
    });
  });
  return Object.assign(received, { url: new URL(url).origin, requests, close });
}

/** The attributes of a span by name. */
export function attributesOf({ attributes }: ReceivedSpan): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
