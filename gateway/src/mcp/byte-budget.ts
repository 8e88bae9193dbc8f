/** How much is read of several bodies together, where all of them are kept. */
import { Readable } from "node:stream";
import type { GatewayError } from "../errors.ts";

/**
 * Returns what takes a body and gives the same one, of which reading fails with the error of `exceeded` as soon as all bodies
 * together have more than `bytesMax` bytes. Whoever reads less of it than all destroys the original too.
 */
export function byteBudget(bytesMax: number, exceeded: () => GatewayError): (body: Readable) => Readable {
  let bytesLeft = bytesMax;
  async function* limited(body: Readable): AsyncGenerator<Buffer> {
    for await (const part of body as AsyncIterable<Buffer | string>) {
      // Text is what the gateway has written itself.
      const chunk = Buffer.from(part as Buffer);
      bytesLeft -= chunk.length;
      if (bytesLeft < 0) throw exceeded();
      yield chunk;
    }
  }
  return (body) => Readable.from(limited(body));
}
