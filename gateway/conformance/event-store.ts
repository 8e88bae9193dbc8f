import { randomUUID } from "node:crypto";
import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

/** Keeps every event of every stream of one session, so that a client can resume from any (`Last-Event-ID`). */
export function createEventStore(): EventStore {
  const events: { readonly id: string; readonly streamId: string; readonly message: JSONRPCMessage }[] = [];
  return {
    storeEvent: async (streamId, message) => {
      const id = randomUUID();
      events.push({ id, streamId, message });
      return id;
    },
    replayEventsAfter: async (lastEventId, { send }) => {
      const last = events.findIndex(({ id }) => id === lastEventId);
      const { streamId } = events[last] ?? { streamId: "" };
      for (const event of events.slice(last + 1)) {
        // An event without a message marks the beginning of a stream: there is nothing to repeat.
        if (event.streamId === streamId && "jsonrpc" in event.message) await send(event.id, event.message);
      }
      return streamId;
    },
  };
}
