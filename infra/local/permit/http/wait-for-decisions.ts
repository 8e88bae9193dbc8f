import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "../state/api-error.ts";
import type { Store } from "../storage/store.ts";
import { environmentOf } from "./environment-call.ts";

/** How long and how strictly a write waits until decisions see it. */
interface Wait {
  /** null: for ever. */
  readonly timeoutMs: number | null;
  readonly onTimeout: "ignore" | "fail";
}

/** A write that did not ask, through the decision point's own path. */
const defaultTimeoutSeconds = 10;
/** What a timer of Node can count; longer is as good as for ever. */
const timeoutMsMax = 2 ** 31 - 1;

/** Writes that the PDP container waits for; it passes on the rest without waiting. */
const waitingRoutes: ReadonlySet<string> = new Set(
  [
    ...["POST /users", "PUT /users/:user", "PATCH /users/:user", "POST /users/:user/roles"],
    ...["DELETE /users/:user/roles", "POST /tenants", "POST /role_assignments", "DELETE /role_assignments"],
    ...["POST /resource_instances", "PATCH /resource_instances/:instance", "POST /relationship_tuples"],
  ].map((route) => route.replace(" ", " /v2/facts/:project/:environment")),
);

/** Requests that came through `/facts/...`. */
const proxied = new WeakSet<object>();

/** A refusal in the shape of the decision point's own routes. */
function refuse(name: string, expected: string, value: string): never {
  throw new ApiError(400, "INVALID_INPUT", `Invalid ${name} header`, `Expected ${expected}, got '${value}'.`);
}

/**
 * What the request asks for; undefined when it is a call of the control plane, which never waits. On one port with the
 * decision point, its headers are what tells a write through the proxy (`proxyFactsViaPdp` of the SDK) from others.
 * Throws a 400 ApiError for values that the proxy refuses.
 */
function waitOf(request: FastifyRequest): Wait | undefined {
  const timeout = header(request, "x-wait-timeout");
  const policy = header(request, "x-timeout-policy");
  if (timeout === undefined && policy === undefined && !proxied.has(request.raw)) return undefined;
  const seconds = timeout === "" ? -1 : Number(timeout ?? defaultTimeoutSeconds);
  if (Number.isNaN(seconds)) refuse("X-Wait-Timeout", "a number of seconds", timeout ?? "");
  const onTimeout = (policy ?? "ignore").toLowerCase();
  if (onTimeout !== "ignore" && onTimeout !== "fail") refuse("X-Timeout-Policy", "'ignore' or 'fail'", policy ?? "");
  const timeoutMs = seconds * 1000;
  return { timeoutMs: seconds < 0 || timeoutMs > timeoutMsMax ? null : timeoutMs, onTimeout };
}

function header({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}

/** Notes that a request came through the decision point's own path, before its URL is rewritten. */
export function markProxied(request: object): void {
  proxied.add(request);
}

/** Makes writes through the facts proxy of the decision point wait until decisions see them. */
export function registerWaiting(app: FastifyInstance, store: Store): void {
  app.addHook("preValidation", async (request) => {
    if (request.routeOptions.url?.startsWith("/v2/facts/")) waitOf(request);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const { method, url = "" } = request.routeOptions;
    if (reply.statusCode >= 300 || !waitingRoutes.has(`${String(method)} ${url}`)) return payload;
    const wait = waitOf(request);
    if (wait === undefined) return payload;
    const visible = await environmentOf(store, request).decisions.caughtUp(wait.timeoutMs);
    if (visible || wait.onTimeout === "ignore") return payload;
    reply.code(424).type("application/json; charset=utf-8");
    return JSON.stringify({ detail: "Timeout waiting for update to be received" });
  });
}
