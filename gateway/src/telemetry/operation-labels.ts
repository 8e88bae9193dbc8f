/** What metrics and spans say of an operation: words of the policy and of MCP, never of a client. Pure. */
import type { OperationStart } from "../deps/telemetry.ts";
import { routeOf } from "../mcp/merged/prefixed-name.ts";
import { requestMethods } from "../mcp/methods.ts";

/** For whatever has no name of its own here (OpenTelemetry's well-known fallback value). */
export const other = "_OTHER";

/** The methods and notifications of MCP that clients send. */
const methods: ReadonlySet<string> = new Set([
  ...requestMethods,
  "notifications/cancelled",
  "notifications/initialized",
  "notifications/progress",
  "notifications/roots/list_changed",
]);

const revisions: ReadonlySet<string> = new Set(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]);

/** Labels with few values each. */
export interface OperationLabels {
  /** Method of the message; `GET` or `DELETE` where there is none. */
  readonly method: string;
  /** Key of a server of the policy. */
  readonly server: string;
  /** Name of a tool of the policy; undefined for what is no tool call. */
  readonly tool: string | undefined;
}

/** The server's key, or `_OTHER` for none, several, and one that a human entered: humans enter as many as they like. */
export function serverLabel(
  server: { readonly key: string; readonly enteredBy: string | undefined } | undefined,
): string {
  return server === undefined || server.enteredBy !== undefined ? other : server.key;
}

/** The labels of an operation. A name that the policy does not know is `_OTHER`: clients make up any number of them. */
export function labelsOf({ host, grants = [], message, httpMethod }: OperationStart): OperationLabels {
  const called = message?.method === "tools/call" ? message.params?.name : undefined;
  const name = typeof called === "string" ? called : undefined;
  // At `/mcp` with several servers the name says which.
  const route = grants.length > 1 && name !== undefined ? routeOf(grants, name) : undefined;
  const key = route?.to.server ?? (grants.length === 1 ? grants[0]?.server : undefined);
  const server = key === undefined ? undefined : host?.servers.get(key);
  const policy = server?.enteredBy === undefined ? server : undefined;
  const tool = policy?.tools.get(route?.name ?? name ?? "")?.name ?? other;
  const isKnown = message?.method !== undefined && (methods.has(message.method) || policy?.methods.has(message.method));
  const bare = message === undefined && httpMethod !== "POST" ? httpMethod : other;
  return {
    method: isKnown === true && message?.method !== undefined ? message.method : bare,
    server: serverLabel(policy),
    tool: message?.method === "tools/call" ? tool : undefined,
  };
}

/** The revision that a client names, when it is one. */
export function revisionLabel(version: unknown): string | undefined {
  if (version === undefined) return undefined;
  return typeof version === "string" && revisions.has(version) ? version : other;
}

/** `error.type`: the code of what the gateway refused, the status of what a server did; undefined for success. */
export function errorType({
  status,
  code,
}: {
  readonly status?: number | undefined;
  readonly code?: string | undefined;
}) {
  return code ?? (status !== undefined && status >= 400 ? String(status) : undefined);
}
