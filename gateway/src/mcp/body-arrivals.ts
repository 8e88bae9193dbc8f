import type { Readable } from "node:stream";

/**
 * Shows `look` each chunk of a body as it arrives; with an error that it returns the body ends in place of the chunk. Nothing is
 * read or kept: a further stage would cost every short answer, and a listener for the data would make it flow before its
 * reader is there.
 */
export function onArrival(body: Readable, look: (chunk: Buffer | string) => Error | undefined): void {
  const push = body.push.bind(body);
  body.push = (chunk: Buffer | string | null, encoding?: BufferEncoding) => {
    const error = chunk === null ? undefined : look(chunk);
    if (error === undefined) return push(chunk, encoding);
    body.destroy(error);
    return false;
  };
}
