/**
 * The trace context of one MCP message: in `params._meta` (MCP 2026-07-28, keys reserved for OpenTelemetry, SEP-414), else
 * in the headers of the HTTP request. Pure.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { OperationMessage } from "../deps/telemetry.ts";
import { readBaggage } from "./baggage.ts";
import { readTraceparent, readTracestate, type TraceParent, writeTraceparent } from "./traceparent.ts";

/** What goes from hop to hop. Baggage may come without a trace. */
export interface MessageContext {
  readonly parent: TraceParent | undefined;
  /** Never without `parent`. */
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
}

/** The same as texts, by the names that headers and `_meta` both have. */
export type Carried = Readonly<Partial<Record<"traceparent" | "tracestate" | "baggage", string>>>;

type Meta = Readonly<Record<string, unknown>>;

const keys = ["traceparent", "tracestate", "baggage"] as const;
const nothing: MessageContext = { parent: undefined, tracestate: undefined, baggage: undefined };

function metaOf(params: unknown): Meta | undefined {
  const meta = (params as { readonly _meta?: unknown } | undefined)?._meta;
  return typeof meta === "object" && meta !== null && !Array.isArray(meta) ? (meta as Meta) : undefined;
}

function read(source: Meta | IncomingHttpHeaders | undefined): MessageContext {
  // Almost every request of a client that does not trace ends here.
  if (source === undefined || keys.every((key) => source[key] === undefined)) return nothing;
  const parent = readTraceparent(source.traceparent);
  // A state without the trace that it belongs to says nothing (W3C Trace Context, section 3.3).
  const tracestate = parent === undefined ? undefined : readTracestate(source.tracestate);
  return { parent, tracestate, baggage: readBaggage(source.baggage) };
}

/** The context of a message. `_meta` wins over the headers: one HTTP request may carry several messages. */
export function contextOf(headers: IncomingHttpHeaders, message: OperationMessage | undefined): MessageContext {
  const inHeaders = read(headers);
  const inMeta = read(metaOf(message?.params));
  if (inMeta === nothing) return inHeaders;
  const { parent, tracestate } = inMeta.parent === undefined ? inHeaders : inMeta;
  return { parent, tracestate, baggage: inMeta.baggage ?? inHeaders.baggage };
}

/** The trace id that a client gave a message: 32 hexadecimal digits. Undefined when it gave none that is valid. */
export function traceIdOf(headers: IncomingHttpHeaders, message: OperationMessage | undefined): string | undefined {
  return contextOf(headers, message).parent?.traceId;
}

/** Writes a context as headers, or as members of `_meta`. */
export function carried({ parent, tracestate, baggage }: MessageContext): Carried {
  return {
    ...(parent === undefined ? {} : { traceparent: writeTraceparent(parent) }),
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(baggage === undefined ? {} : { baggage }),
  };
}

/** What a message's own `_meta` says, as far as it is valid. */
export function carriedInMessage(json: object): Carried {
  return carried(read(metaOf((json as { readonly params?: unknown }).params)));
}

/**
 * The message with exactly this context in `params._meta`: what else it says of one is taken out. Everything else stays as
 * it is, and a message in which nothing changes is the same object. Only requests and notifications have `params`.
 */
export function withCarried(json: object, context: Carried): object {
  const { method, params } = json as { readonly method?: unknown; readonly params?: Meta };
  if (typeof method !== "string") return json;
  const meta = metaOf(params);
  // What is no object is for the server to refuse.
  if (meta === undefined && params?._meta !== undefined) return json;
  if (keys.every((key) => meta?.[key] === context[key])) return json;
  const kept = Object.fromEntries(
    Object.entries(meta ?? {}).filter(([name]) => !(keys as readonly string[]).includes(name)),
  );
  return { ...json, params: { ...params, _meta: { ...kept, ...context } } };
}
