/** Tells open streams that the answer to `tools/list` has become another for this agent. */
import { type Readable, Transform } from "node:stream";
import type { Answered } from "./exchange.ts";
import { rewriteEvents } from "./sse-filter.ts";

const method = "notifications/tools/list_changed";

/**
 * The notification as the stream's revision has it; undefined for a stream that does not carry it: a subscription that
 * did not ask for it (MCP 2026-07-28, subscriptions).
 */
export function listChangedFor({ httpMethod, message }: Answered): object | undefined {
  if (httpMethod === "GET") return { jsonrpc: "2.0", method };
  if (message?.kind !== "request") return undefined;
  const filter = message.params.notifications as { toolsListChanged?: unknown } | null | undefined;
  if (filter?.toolsListChanged !== true) return undefined;
  return { jsonrpc: "2.0", method, params: { _meta: { "io.modelcontextprotocol/subscriptionId": message.id } } };
}

/** A stream to which events can be added. */
export interface Announcing {
  readonly body: Readable;
  announce(message: object): void;
}

/** True for the server's own word that its tools have changed. */
export function saysListChanged(message: unknown): boolean {
  return typeof message === "object" && message !== null && "method" in message && message.method === method;
}

/**
 * `events` with room for more: between whole events, and where `acknowledged` after the first, which does that. `onMessage`
 * gets each message that comes.
 */
export function announcing(events: Readable, acknowledged: boolean, onMessage: (message: unknown) => void): Announcing {
  let begun = !acknowledged;
  let waiting = "";
  const output = new Transform({
    transform: (chunk: Buffer | string, _encoding, done) => {
      begun ||= chunk.toString().includes("data:");
      const added = begun ? waiting : "";
      if (begun) waiting = "";
      done(null, Buffer.concat([Buffer.from(chunk), Buffer.from(added)]));
    },
  });
  const whole = rewriteEvents(async (message) => {
    onMessage(message);
    return message;
  });
  events.on("error", (error) => whole.destroy(error));
  whole.on("error", (error) => output.destroy(error));
  output.on("close", () => events.destroy());
  return {
    body: events.pipe(whole).pipe(output),
    announce: (message) => {
      const event = `event: message\ndata: ${JSON.stringify(message)}\n\n`;
      if (begun) output.push(event);
      else waiting = event;
    },
  };
}
