import type { FastifyRequest } from "fastify";
import { pathParam } from "../http/environment-call.ts";
import { findResource } from "../schema/find-resource.ts";
import type { EnvironmentState } from "../state/environment.ts";

/** Key of the resource type that a path below `/resources/:resource` names by id or key. Throws 404. */
export function resourceOfPath(env: EnvironmentState, request: FastifyRequest): string {
  return findResource(env, pathParam(request, "resource")).key;
}
