import { type Readable, Transform } from "node:stream";
import { GatewayError } from "../errors.ts";
import { endsEvent } from "./sse-events.ts";

/** True when a line of the chunk gives an event an id; `before` is what was sent before it. */
function holdsId(before: string, chunk: Buffer): boolean {
  const idLine = /(?:^|[\r\n])id:/;
  if (idLine.test(before + chunk.toString("latin1", 0, 4))) return true;
  return chunk.includes("id:") && idLine.test(chunk.toString("latin1"));
}

function broken(cause: unknown): GatewayError {
  const sentence = "The connection to the MCP server broke before its answer was complete. It may have taken effect.";
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, cause });
}

/**
 * A stream of events as it comes. Where it ends before its time, because of the gateway (it fails with a GatewayError) or of
 * the server, its last event is the JSON-RPC error that `lastWords` makes of that, unless it broke off within an event: then
 * the stream fails, because an error in the middle of a message could be read as a part of it. It fails too where the server
 * broke off and its events have ids: the client can fetch the rest (MCP transports, resumability), which an answer would
 * keep it from.
 */
export function withLastWords(events: Readable, lastWords: (error: GatewayError) => object): Readable {
  let sentEnd = "";
  let resumable = false;
  let failure: Error | undefined;
  const output = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      resumable ||= holdsId(sentEnd, chunk);
      sentEnd = (sentEnd + chunk.toString("latin1", Math.max(0, chunk.length - 4))).slice(-4);
      done(null, chunk);
    },
    // After all that came before the failure.
    flush: (done) => {
      if (failure === undefined) return done();
      const isWithin = sentEnd !== "" && !endsEvent(sentEnd);
      const isOurs = failure instanceof GatewayError;
      if (isWithin || (resumable && !isOurs)) return done(failure);
      const error = failure instanceof GatewayError ? failure : broken(failure);
      done(null, `event: message\ndata: ${JSON.stringify(lastWords(error))}\n\n`);
    },
  });
  const fail = (error: Error) => {
    failure = error;
    output.end();
  };
  // It may have broken off while the call was being recorded: then nothing more comes.
  if (events.destroyed) fail(events.errored ?? new Error("The answer ended before its end."));
  events.on("error", fail);
  output.on("close", () => events.destroy());
  return events.pipe(output);
}
