import type { Readable } from "node:stream";

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
  // A listener for its data would make it flow before its reader is there.
  const push = body.push.bind(body);
  body.push = (chunk: Buffer | string | null, encoding?: BufferEncoding) => {
    if (chunk !== null) bytes += chunk.length;
    return push(chunk, encoding);
  };
  whenClosed(body, () => ended({ bytes, whole: body.readableEnded, error: body.errored }));
}
