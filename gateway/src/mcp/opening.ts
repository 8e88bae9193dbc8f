/** What of a server is open to an agent beside its tools, and from which trust on. Pure. */
import type { ServerSettings } from "../deps/host-settings.ts";
import type { RpcMessage } from "./json-rpc.ts";

/** A part of a server that the policy opens as a whole. */
export interface Opening {
  /** For sentences, for example `resources`. */
  readonly what: string;
  readonly from: ServerSettings["resources"];
}

type Part = "resources" | "prompts";

const parts: Readonly<Record<string, Part>> = {
  "resources/list": "resources",
  "resources/templates/list": "resources",
  "resources/read": "resources",
  "resources/subscribe": "resources",
  "resources/unsubscribe": "resources",
  "prompts/list": "prompts",
  "prompts/get": "prompts",
};

/** Completion is of a prompt's or of a resource template's arguments (MCP, completion). */
function completedPart(ref: unknown): Part {
  const type = typeof ref === "object" && ref !== null && "type" in ref ? ref.type : undefined;
  return type === "ref/resource" ? "resources" : "prompts";
}

/** What must be open for this message; undefined when it needs nothing but a live consent, or is a tool call. */
export function openingOf(message: RpcMessage | undefined, server: ServerSettings): Opening | undefined {
  if (message?.kind !== "request") return undefined;
  const { method, params } = message;
  const part = Object.hasOwn(parts, method)
    ? parts[method]
    : method === "completion/complete"
      ? completedPart(params.ref)
      : undefined;
  if (part !== undefined) return { what: part, from: server[part] };
  const further = server.methods.get(method);
  return further === undefined ? undefined : { what: method, from: further };
}
