/** Between the gateway's own form of a trace context and the SDK's. */
import { type Context, ROOT_CONTEXT, type Span, type SpanContext, TraceFlags, trace } from "@opentelemetry/api";
import type { MessageContext } from "../../telemetry/message-context.ts";

/** The client's span as the parent of ours. Its `tracestate` goes beside: no sampler here reads it. */
export function parentContext({ parent }: MessageContext): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: flags & TraceFlags.SAMPLED,
    isRemote: true,
  });
}

/** What goes on from a span of ours: its own ids, the client's state and baggage. */
export function contextFrom(span: Span, { parent, tracestate, baggage }: MessageContext): MessageContext {
  const { traceId, spanId, traceFlags }: SpanContext = span.spanContext();
  // That the trace id is random is the client's word (W3C Trace Context level 2, section 3.2.2.5.2); our own ids are.
  const random = parent === undefined || parent.traceId !== traceId ? randomFlag : parent.flags & randomFlag;
  return { parent: { traceId, spanId, flags: (traceFlags & TraceFlags.SAMPLED) | random }, tracestate, baggage };
}

const randomFlag = 0b10;
