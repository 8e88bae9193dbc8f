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

/** Tells once how a body ends, without reading it: whoever reads it later gets everything. */
export function watchBody(body: Readable, ended: (end: BodyEnd) => void): void {
  let bytes = body.readableLength;
  // A listener for its data would make it flow before its reader is there.
  const push = body.push.bind(body);
  body.push = (chunk: Buffer | string | null, encoding?: BufferEncoding) => {
    if (chunk !== null) bytes += chunk.length;
    return push(chunk, encoding);
  };
  const end = () => ended({ bytes, whole: body.readableEnded, error: body.errored });
  if (body.closed) end();
  else body.once("close", end);
}
