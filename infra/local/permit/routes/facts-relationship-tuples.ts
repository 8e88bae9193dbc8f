import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { listTuples } from "../facts/list-relationship-tuples.ts";
import {
  createTuple,
  createTuples,
  deleteTuple,
  deleteTuples,
  readTuple,
  readTupleDetailed,
  tupleCreateSchema,
  tupleDeleteSchema,
} from "../facts/relationship-tuples.ts";
import { checkBulkSize } from "../http/bulk.ts";
import { change, environmentOf, remove } from "../http/environment-call.ts";
import { parseBody } from "../http/request-body.ts";
import { paginated, parseFlag, parsePage, parseText } from "../http/request-query.ts";
import type { Store } from "../storage/store.ts";

const bulkMax = 1_000;
const bulkCreateSchema = z.strictObject({ operations: z.array(tupleCreateSchema).max(bulkMax) });
const bulkDeleteSchema = z.strictObject({ idents: z.array(tupleDeleteSchema).max(bulkMax) });

/** Relationship tuples, singly and in bulk. */
export function registerRelationshipTuples(app: FastifyInstance, store: Store): void {
  const all = "/v2/facts/:project/:environment/relationship_tuples";

  const list = (request: FastifyRequest, read: typeof readTuple) => {
    const env = environmentOf(store, request);
    const { query } = request;
    const rows = listTuples(env, {
      subject: parseText(query, "subject"),
      relation: parseText(query, "relation"),
      object: parseText(query, "object"),
      object_type: parseText(query, "object_type"),
      subject_type: parseText(query, "subject_type"),
      tenant: parseText(query, "tenant"),
    });
    return paginated(rows, parsePage(query), (row) => read(env, row));
  };

  app.get(all, (request) => {
    const result = list(request, parseFlag(request.query, "detailed") ? readTupleDetailed : readTuple);
    return parseFlag(request.query, "include_total_count") ? result : result.data;
  });

  app.get(`${all}/detailed`, (request) => list(request, readTupleDetailed));

  app.post(all, (request) => {
    const input = parseBody(tupleCreateSchema, request.body);
    return change(store, request, (env) => readTuple(env, createTuple(env, input)));
  });

  app.delete(all, (request, reply) => {
    const input = parseBody(tupleDeleteSchema, request.body);
    return remove(store, request, reply, (env) => deleteTuple(env, input));
  });

  app.post(`${all}/bulk`, (request) => {
    const { operations } = parseBody(bulkCreateSchema, request.body);
    checkBulkSize(operations, bulkMax);
    return change(store, request, (env) => {
      createTuples(env, operations);
      return {};
    });
  });

  app.delete(`${all}/bulk`, (request) => {
    const { idents } = parseBody(bulkDeleteSchema, request.body);
    checkBulkSize(idents, bulkMax);
    return change(store, request, (env) => {
      deleteTuples(env, idents);
      return {};
    });
  });
}
