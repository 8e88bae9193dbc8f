import { Readable } from "node:stream";
import { GatewayError } from "../errors.ts";
import type { AnswerKind } from "./answer-headers.ts";

/** The blank line that ends a server-sent event (HTML standard, event stream interpretation). */
const eventEnd = /(?:\n\n|\r\r|\r\n\r\n)$/;

/**
 * An answer as it comes. Where the gateway itself ends it (its body fails with a GatewayError), the client gets the
 * JSON-RPC error that `lastWords` makes of that, when what it has so far leaves room for one: no byte of a JSON body, or
 * whole events. Otherwise the body fails: an error in the middle of a message could be read as a part of it.
 */
export function withLastWords(body: Readable, kind: AnswerKind, lastWords: (error: GatewayError) => object): Readable {
  async function* passOn(): AsyncGenerator<Buffer | string> {
    let sentEnd = "";
    try {
      for await (const chunk of body as AsyncIterable<Buffer | string>) {
        sentEnd = (sentEnd + chunk.slice(-4).toString("latin1")).slice(-4);
        yield chunk;
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (sentEnd !== "" && !(kind === "events" && eventEnd.test(sentEnd))) throw error;
      const json = JSON.stringify(lastWords(error));
      yield kind === "events" ? `event: message\ndata: ${json}\n\n` : json;
    }
  }
  return Readable.from(passOn());
}
