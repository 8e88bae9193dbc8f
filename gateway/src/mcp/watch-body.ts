import type { Readable } from "node:stream";
import { onArrival } from "./body-arrivals.ts";

/** How a body ended. */
export interface BodyEnd {
  /** As far as they came. */
  readonly bytes: number;
  /** False when it broke off, or nobody wanted the rest. */
  readonly whole: boolean;
  /** What it broke off with. */
  readonly error: Error | null;
}

/** Calls `ended` once the body is closed, also when it is already. */
export function whenClosed(body: Readable, ended: () => void): void {
  if (body.closed) ended();
  else body.once("close", ended);
}

/** Tells once how a body ends, without reading it: whoever reads it later gets everything. */
export function watchBody(body: Readable, ended: (end: BodyEnd) => void): void {
  let bytes = body.readableLength;
  onArrival(body, ({ length }) => {
    bytes += length;
    return undefined;
  });
  whenClosed(body, () => ended({ bytes, whole: body.readableEnded, error: body.errored }));
}
