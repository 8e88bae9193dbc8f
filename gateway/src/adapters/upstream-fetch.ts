import { Readable } from "node:stream";
import type { Upstream, UpstreamCaller, UpstreamRequest } from "../deps/upstream.ts";
import type { Fetch } from "./guarded-fetch.ts";

/** Of all answers together. */
const answerBytesMax = 8 * 1024 * 1024;

/**
 * A server as the clients of the SDK ask it, whatever it speaks: every request goes to this one, wherever the client
 * sends it. Ends with `signal`, and past 8 MB.
 */
export function upstreamFetch(upstream: Upstream, caller: UpstreamCaller, signal: AbortSignal): Fetch {
  let bytesLeft = answerBytesMax;
  return async (_url, init) => {
    const signals = init?.signal ? [signal, init.signal] : [signal];
    const { status, headers, body } = await upstream.send({
      url: caller.server.upstreamUrl,
      method: (init?.method ?? "GET") as UpstreamRequest["method"],
      // A compressed answer would not be counted as what it is.
      headers: { ...Object.fromEntries(new Headers(init?.headers)), "accept-encoding": "identity" },
      ...(typeof init?.body === "string" ? { body: init.body } : {}),
      guarded: caller.server.enteredBy !== undefined,
      signal: AbortSignal.any(signals),
      caller,
    });
    const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [value].flat().map((one) => [name, one]),
    );
    if (status === 202 || status === 204 || status === 304) {
      body.on("error", () => undefined).destroy();
      return new Response(null, { status, headers: pairs });
    }
    const limited = Readable.from(limit(body));
    return new Response(Readable.toWeb(limited) as ReadableStream<Uint8Array>, { status, headers: pairs });
  };

  async function* limit(body: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of body as AsyncIterable<Buffer | string>) {
      const bytes = Buffer.from(chunk);
      bytesLeft -= bytes.length;
      if (bytesLeft < 0) throw new Error("The server's answers are larger than 8 MB.");
      yield bytes;
    }
  }
}
