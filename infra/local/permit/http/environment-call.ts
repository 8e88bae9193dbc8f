import type { FastifyReply, FastifyRequest } from "fastify";
import type { EnvironmentState } from "../state/environment.ts";
import type { Store } from "../storage/store.ts";
import { authenticate, openEnvironment } from "./access.ts";

/** A parameter of the path; every route that asks for one has it. */
export function pathParam(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string>>)[name] ?? "";
}

/** The environment named by the path, for a key that may see it. Throws 401, 403, 404. */
export function environmentOf(store: Store, request: FastifyRequest): EnvironmentState {
  const principal = authenticate(store, request.headers.authorization);
  return openEnvironment(store, principal, pathParam(request, "project"), pathParam(request, "environment"));
}

/** Changes the environment named by the path and answers what `mutation` returns, once it is committed. */
export function change<T>(store: Store, request: FastifyRequest, mutation: (env: EnvironmentState) => T): Promise<T> {
  const env = environmentOf(store, request);
  return store.write(() => mutation(env));
}

/** As `change`, answering 204 without a body. */
export async function remove(
  store: Store,
  request: FastifyRequest,
  reply: FastifyReply,
  mutation: (env: EnvironmentState) => void,
): Promise<FastifyReply> {
  await change(store, request, mutation);
  return reply.code(204).send();
}
