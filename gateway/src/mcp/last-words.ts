import { type Readable, Transform } from "node:stream";
import { GatewayError } from "../errors.ts";
import { eventScanner } from "./event-scanner.ts";
import type { RpcId } from "./json-rpc.ts";
import { answersAnother } from "./own-answer.ts";
import { responseScanner } from "./response-scanner.ts";

function broken(cause: unknown): GatewayError {
  const sentence = "The connection to the MCP server broke before its answer was complete. It may have taken effect.";
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, cause });
}

/**
 * A stream of events as it comes, up to an event that answers another request than `id` (MCP transports: the stream is that
 * request's): there it fails. Where it ends before its time, because of the gateway (it fails with a GatewayError) or of the
 * server, its last event is the JSON-RPC error that `lastWords` makes of that, unless it broke off within an event: then the
 * stream fails, because an error in the middle of a message could be read as a part of it. It fails too where the server broke
 * off and its events have ids: the client can fetch the rest (MCP transports, resumability), which an answer would keep it
 * from. Without an id there is nobody to answer, so it just fails.
 */
export function withLastWords(
  events: Readable,
  id: RpcId | undefined,
  lastWords: (error: GatewayError) => object,
): Readable {
  const scanner = eventScanner(responseScanner(id));
  let failure: Error | undefined;
  let isRefused = false;
  let isPartSent = false;
  const fail = (error: Error) => {
    failure = error;
    output.end();
  };
  const output = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      if (isRefused) return done();
      const wasWithin = scanner.isWithin;
      const passed = scanner.next(chunk);
      isRefused = passed < chunk.length;
      isPartSent = isRefused ? wasWithin && passed === 0 : scanner.isWithin;
      if (!isRefused) return done(null, chunk);
      const error = answersAnother();
      // It may have ended already: then nothing tells of its failure.
      events.destroy(error);
      fail(error);
      done(null, chunk.subarray(0, passed));
    },
    // After all that came before the failure.
    flush: (done) => {
      if (failure === undefined) return done();
      const isOurs = failure instanceof GatewayError;
      if (isPartSent || id === undefined || (scanner.hasId && !isOurs)) return done(failure);
      const error = failure instanceof GatewayError ? failure : broken(failure);
      done(null, `event: message\ndata: ${JSON.stringify(lastWords(error))}\n\n`);
    },
  });
  // Nobody may be listening yet, because the rest of its batch is under way: an error must not end the process.
  output.on("error", () => undefined);
  // It may have broken off while the call was being recorded: then nothing more comes.
  if (events.destroyed) fail(events.errored ?? new Error("The answer ended before its end."));
  events.on("error", fail);
  output.on("close", () => events.destroy());
  return events.pipe(output);
}
