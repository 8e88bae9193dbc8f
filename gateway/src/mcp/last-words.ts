import { type Readable, Transform } from "node:stream";
import { GatewayError } from "../errors.ts";

/** The blank line that ends a server-sent event (HTML standard, event stream interpretation). */
const eventEnd = /(?:\n\n|\r\r|\r\n\r\n)$/;

/**
 * A stream of events as it comes. Where the gateway itself ends it (it fails with a GatewayError), its last event is the
 * JSON-RPC error that `lastWords` makes of that, unless it broke off within an event: then the stream fails, because an
 * error in the middle of a message could be read as a part of it.
 */
export function withLastWords(events: Readable, lastWords: (error: GatewayError) => object): Readable {
  let sentEnd = "";
  let failure: Error | undefined;
  const output = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sentEnd = (sentEnd + chunk.toString("latin1", Math.max(0, chunk.length - 4))).slice(-4);
      done(null, chunk);
    },
    // After all that came before the failure.
    flush: (done) => {
      if (failure === undefined) return done();
      const isWithin = sentEnd !== "" && !eventEnd.test(sentEnd);
      if (!(failure instanceof GatewayError) || isWithin) return done(failure);
      done(null, `event: message\ndata: ${JSON.stringify(lastWords(failure))}\n\n`);
    },
  });
  events.on("error", (error) => {
    failure = error;
    output.end();
  });
  output.on("close", () => events.destroy());
  return events.pipe(output);
}
