/** A client takes any answer by its id, so no request may be answered in the place of another: past the filter of tool lists. */
import { type Readable, Transform } from "node:stream";
import { GatewayError } from "../errors.ts";
import { onArrival } from "./body-arrivals.ts";
import type { RpcId } from "./json-rpc.ts";
import { responseScanner } from "./response-scanner.ts";
import { through } from "./through.ts";

/** What the client is told in place of an answer to another request. */
export function answersAnother(): GatewayError {
  const sentence = "The MCP server answered another request than this one. It may have taken effect.";
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence });
}

/**
 * A JSON body as it comes, unless it answers another request than `id`: then it fails with UPSTREAM_UNAVAILABLE in place of the
 * chunk that holds that message's last brace. Without it there is no message, also to a client that does not wait for the end.
 */
export function withOwnAnswer(body: Readable, id: RpcId | undefined): Readable {
  const scanner = responseScanner(id);
  if (body.readableLength > 0) {
    const output = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        if (scanner.take(chunk)) done(answersAnother());
        else done(null, chunk);
      },
    });
    return through(body, output);
  }
  // Most often nothing of it is there yet: then no further stage is needed, which would cost every short answer.
  onArrival(body, (chunk) =>
    scanner.take(typeof chunk === "string" ? Buffer.from(chunk) : chunk) ? answersAnother() : undefined,
  );
  return body;
}
