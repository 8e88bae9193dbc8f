import type { Readable } from "node:stream";

const firstBytes = 16 * 1024;

/** A buffer that has room for `end` bytes: the same, or a larger one with what is in it. */
function withRoom(bytes: Buffer, end: number, maxBytes: number): Buffer {
  if (end <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(end, Math.min(maxBytes, Math.max(firstBytes, 2 * bytes.length))));
  bytes.copy(larger);
  return larger;
}

/**
 * A body, read to its end or past `maxBytes`: then it resolves with undefined at once, and what still comes is nobody's. What
 * comes is copied into one buffer: every chunk of HTTP is an object of its own, and kept until the end, those of a body of
 * 1-byte chunks would take hundreds of times as much memory as the body. Throws what the body fails with, and an Error when it
 * is cut off.
 */
export function readBytes(body: Readable, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    let length = 0;
    const take = (piece: Buffer) => {
      const end = length + piece.length;
      if (end > maxBytes) {
        body.off("data", take);
        bytes = Buffer.alloc(0);
        return resolve(undefined);
      }
      bytes = withRoom(bytes, end, maxBytes);
      bytes.set(piece, length);
      length = end;
    };
    const cut = (cause?: unknown) => reject(cause ?? new Error("The body ended before its end."));
    body.on("data", take).once("error", cut).once("close", cut);
    body.once("end", () => {
      body.off("close", cut);
      resolve(bytes.subarray(0, length));
    });
  });
}
