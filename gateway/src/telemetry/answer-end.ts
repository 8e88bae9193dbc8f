/** When an answer ends, and how: everything here only listens. */
import type { Readable } from "node:stream";
import type { Operation, OperationEnd } from "../deps/telemetry.ts";
import { GatewayError } from "../errors.ts";

/** Why a body was closed before its end. */
function codeOf(error: Error | null): string {
  if (error instanceof GatewayError) return error.code;
  return error === null || error.name === "AbortError" ? "CANCELLED" : "UPSTREAM_UNAVAILABLE";
}

/** Calls `end` once the body is closed: it was read to its end, broke off, or nobody wanted the rest. */
export function onBodyEnd(body: Readable, status: number, end: (end: OperationEnd) => void): void {
  body.once("close", () => {
    end({ status, code: body.readableEnded ? undefined : codeOf(body.errored) });
  });
}

/**
 * Ends the operation with its answer. A stream without a call behind it ends it when it opens: how long it stays open says
 * nothing of how fast anything is.
 */
export function endWithAnswer(
  operation: Operation,
  { status, body }: { readonly status: number; readonly body: Readable | undefined },
  isStream: boolean,
): void {
  if (body !== undefined && !isStream) onBodyEnd(body, status, operation.end);
  else operation.end({ status });
  if (body !== undefined && isStream) body.once("close", operation.stream());
}
