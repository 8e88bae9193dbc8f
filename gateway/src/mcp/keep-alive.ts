/** Comments on streams that are silent, so that no proxy on the way takes them for dead (HTML standard, authoring notes). */
import type { Readable, Writable } from "node:stream";
import { endsEvent } from "./sse-events.ts";

/** Proxies commonly give up after a minute; the standard advises a comment every 15 seconds or so. */
export const keepAliveMs = 15_000;

/**
 * Writes a comment to `client` whenever `events`, which is piped to it, has said nothing for 15 seconds: never in the middle
 * of an event, and not while the client has not taken what it was sent. To be called before the piping begins; returns what
 * ends it.
 */
export function keepAlive(events: Readable, client: Writable): () => void {
  let sentEnd = "\n\n";
  const timer = setTimeout(() => {
    if (endsEvent(sentEnd) && client.writableLength === 0 && client.writable) client.write(": keep-alive\n\n");
    timer.refresh();
  }, keepAliveMs);
  events.on("data", (chunk: Buffer | string) => {
    sentEnd = (sentEnd + chunk.slice(-4).toString("latin1")).slice(-4);
    timer.refresh();
  });
  return () => clearTimeout(timer);
}
