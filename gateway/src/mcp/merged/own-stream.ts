/** The subscription (MCP 2026-07-28) of a client that has several servers: the gateway holds it open itself. */
import { PassThrough } from "node:stream";
import type { Called } from "../exchange.ts";
import type { RpcMessage } from "../json-rpc.ts";
import type { Served } from "../one-server.ts";
import { isObject } from "./messages.ts";

export const eventStreamHeaders = {
  "cache-control": "no-store",
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
};
export const listChanged = { jsonrpc: "2.0", method: "notifications/tools/list_changed" } as const;
const eventOf = (message: object) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

/**
 * The answer to `subscriptions/listen` (MCP 2026-07-28, subscriptions): acknowledges what there is, changes of the tools.
 * Without that it ends at once.
 */
export function subscription(
  called: Called,
  { id, params }: Extract<RpcMessage, { readonly kind: "request" }>,
): Served {
  const wanted = isObject(params.notifications) && params.notifications.toolsListChanged === true;
  const _meta = { "io.modelcontextprotocol/subscriptionId": id };
  const notifications = wanted ? { toolsListChanged: true } : {};
  const body = new PassThrough().on("error", () => undefined);
  const acknowledged = "notifications/subscriptions/acknowledged";
  body.write(eventOf({ jsonrpc: "2.0", method: acknowledged, params: { notifications, _meta } }));
  if (!wanted) body.end(eventOf({ jsonrpc: "2.0", id, result: { resultType: "complete", _meta } }));
  const { requestId, grants } = called;
  const changed = wanted ? { ...listChanged, params: { _meta } } : undefined;
  return {
    answer: { status: 200, headers: eventStreamHeaders, kind: "events", body },
    stream: {
      ...{ connectionId: grants[0].connectionId, requestId, changed },
      ...{ acknowledged: true, onMessage: () => undefined },
    },
    release: () => void body.destroy(),
  };
}
