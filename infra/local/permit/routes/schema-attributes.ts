import type { FastifyInstance, FastifyRequest } from "fastify";
import { change, environmentOf, pathParam, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { parsePage, parseText, slice } from "../http/request-query.ts";
import {
  attributeCreateSchema,
  attributeUpdateSchema,
  createAttribute,
  deleteAttribute,
  findAttribute,
  readAttribute,
  updateAttribute,
} from "../schema/attributes.ts";
import { findAnyResource } from "../schema/find-resource.ts";
import type { EnvironmentState } from "../state/environment.ts";
import type { ResourceRow } from "../state/rows.ts";
import type { Store } from "../storage/store.ts";

type TypeOfCall = (env: EnvironmentState, request: FastifyRequest) => ResourceRow;

/** Declared attributes: of resource types, and of users on a path of their own. */
export function registerAttributes(app: FastifyInstance, store: Store): void {
  const schema = "/v2/schema/:project/:environment";
  register(app, store, `${schema}/resources/:resource/attributes`, (env, request) =>
    findAnyResource(env, pathParam(request, "resource")),
  );
  register(app, store, `${schema}/users/attributes`, (env, request) =>
    findAnyResource(env, parseText(request.query, "resource_id") ?? "__user"),
  );
}

function register(app: FastifyInstance, store: Store, all: string, typeOfCall: TypeOfCall): void {
  const one = `${all}/:attribute`;

  app.get(all, (request) => {
    const env = environmentOf(store, request);
    const resource = typeOfCall(env, request);
    return slice(resource.attributes, parsePage(request.query)).map((each) => readAttribute(env, resource, each));
  });

  app.post(all, (request) => {
    const input = parseBody(attributeCreateSchema, request.body);
    return change(store, request, (env) => {
      const resource = typeOfCall(env, request);
      return readAttribute(env, resource, createAttribute(env, resource, input));
    });
  });

  app.get(one, (request) => {
    const env = environmentOf(store, request);
    const resource = typeOfCall(env, request);
    return readAttribute(env, resource, findAttribute(resource, pathParam(request, "attribute")));
  });

  app.patch(one, (request) => {
    const input = parseBody(attributeUpdateSchema, request.body);
    return change(store, request, (env) => {
      const resource = typeOfCall(env, request);
      const attribute = findAttribute(resource, pathParam(request, "attribute"));
      return readAttribute(env, resource, updateAttribute(env, resource, attribute, input));
    });
  });

  app.delete(one, (request, reply) =>
    remove(store, request, reply, (env) => {
      const resource = typeOfCall(env, request);
      deleteAttribute(env, resource, findAttribute(resource, pathParam(request, "attribute")));
    }),
  );
}
