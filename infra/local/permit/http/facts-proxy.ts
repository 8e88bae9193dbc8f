import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Store } from "../storage/store.ts";
import { bearerOf, principalOf } from "./access.ts";
import { markProxied } from "./wait-for-decisions.ts";

const prefix = "/facts/";

/**
 * The decision point's own path for facts, `/facts/users`, means the environment of the key: the path of the control
 * plane takes its place before routing. Without a key of an environment it stays, for `registerFactsProxy` to refuse.
 */
export function rewriteFactsUrl(store: Store, request: IncomingMessage): string {
  const url = request.url ?? "/";
  if (!url.startsWith(prefix)) return url;
  const principal = principalOf(store, bearerOf(request.headers.authorization));
  if (principal?.environmentId == null || principal.projectId === null) return url;
  markProxied(request);
  return `/v2/facts/${principal.projectId}/${principal.environmentId}/${url.slice(prefix.length)}`;
}

/** Refuses what comes through the proxy without a key of an environment. */
export function registerFactsProxy(app: FastifyInstance): void {
  // Before the body is read.
  const refuse = async (_request: FastifyRequest, reply: FastifyReply) => {
    await reply.code(401).send({ detail: "Invalid PDP token" });
  };
  app.all(`${prefix}*`, { onRequest: refuse }, refuse);
}
