import type { RpcMessage } from "./json-rpc.ts";

/**
 * The requests that pass with a live consent. Listed one by one: a method of a later revision may act on the human's
 * behalf, so it waits here until somebody has thought about it. `tools/call` passes after its own decision. `tasks/*`
 * is left out: a task id does not say whose call it was.
 */
export const requestMethods: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "server/discover",
  "subscriptions/listen",
  "tools/list",
  "tools/call",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "prompts/list",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
]);

/** True when the gateway passes messages of this kind and method on; `further` are the methods that the policy adds. */
export function isPassedOn(message: RpcMessage, further: ReadonlyMap<string, unknown>): boolean {
  switch (message.kind) {
    case "request":
      return requestMethods.has(message.method) || further.has(message.method);
    case "notification":
      // A `tools/call` without an id must not slip through: some servers would run it.
      return /^notifications\/[a-z_/]+$/.test(message.method);
    case "response":
      return true;
  }
}

/** True for a request whose answer stays open without a call behind it (MCP 2026-07-28, subscriptions). */
export function staysOpen(message: RpcMessage): boolean {
  return message.kind === "request" && message.method === "subscriptions/listen";
}

/** Which member of `params` the header `Mcp-Name` mirrors (MCP 2026-07-28, standard request headers). */
const nameMembers: Readonly<Record<string, "name" | "uri" | "taskId">> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  // Of the extension for tasks; they pass where the policy names them.
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/** What `Mcp-Name` must say for this message; undefined when the method has no such header. */
export function nameOf(message: RpcMessage): unknown {
  if (message.kind === "response") return undefined;
  const member = Object.hasOwn(nameMembers, message.method) ? nameMembers[message.method] : undefined;
  return member === undefined ? undefined : message.params[member];
}

/** The tool a message calls; undefined when it is no tool call. */
export function calledTool(message: RpcMessage | undefined): string | undefined {
  if (message?.kind !== "request" || message.method !== "tools/call") return undefined;
  const { name } = message.params;
  return typeof name === "string" ? name : "";
}
