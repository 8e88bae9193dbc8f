import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { authenticate, findEnvironment, type Principal, requireProject } from "../http/access.ts";
import { CopyTasks } from "../http/copy-tasks.ts";
import { pathParam } from "../http/environment-call.ts";
import { parseBody, parseRequest } from "../http/request-body.ts";
import { copyEnvironment } from "../organization/copy-environment.ts";
import { copyScopeSchema } from "../organization/copy-scope.ts";
import { createEnvironment, environmentCreateSchema, readEnvironment } from "../organization/environments.ts";
import { invalid, notFound } from "../state/api-error.ts";
import type { EnvironmentRow } from "../state/organization.ts";
import type { Store } from "../storage/store.ts";

const copySchema = z.strictObject({
  target_env: z.strictObject({ existing: z.string().nullish(), new: environmentCreateSchema.nullish() }),
  conflict_strategy: z.enum(["fail", "overwrite"]).default("fail"),
  scope: copyScopeSchema.nullish(),
});
/** Longer than any copy takes; a connection is not held for ever. */
const waitSecondsMax = 60;
const waitSchema = z.object({
  wait: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9})?$/)
    .transform(Number)
    .default(0),
});

/** Copies of an environment's schema within its project, answered when done or at once. */
export function registerEnvironmentCopies(app: FastifyInstance, store: Store): void {
  const one = "/v2/projects/:project/envs/:environment";
  const tasks = new CopyTasks();

  const principalOfCall = (request: FastifyRequest): Principal => {
    const principal = authenticate(store, request.headers.authorization);
    requireProject(principal);
    return principal;
  };
  const named = (request: FastifyRequest, principal: Principal): EnvironmentRow =>
    findEnvironment(store, principal, pathParam(request, "project"), pathParam(request, "environment"));
  const waitSeconds = (request: FastifyRequest) =>
    Math.min(parseRequest(waitSchema, request.query, "query").wait, waitSecondsMax);

  /** Checks everything that a call can get wrong by itself, and returns the work that is left. */
  const prepare = (request: FastifyRequest): (() => Promise<object>) => {
    const principal = principalOfCall(request);
    const source = named(request, principal);
    const input = parseBody(copySchema, request.body);
    const { existing, new: created } = input.target_env;
    if ((existing == null) === (created == null)) {
      throw invalid("target_env needs exactly one of 'existing' and 'new'.");
    }
    const target = existing == null ? null : findEnvironment(store, principal, source.project_id, existing);
    if (target?.id === source.id) throw invalid("An environment can't be copied into itself.");
    const options = { scope: input.scope ?? {}, overwrite: input.conflict_strategy === "overwrite" };
    return () =>
      store.write(() => {
        const row = created == null ? target : createEnvironment(store, source.project_id, created);
        const from = store.environment(source.id);
        const to = store.environment(row?.id ?? "");
        if (row === null || from === undefined || to === undefined) throw notFound("Environment", existing ?? "");
        copyEnvironment(from, to, options);
        return readEnvironment(store, row);
      });
  };

  app.post(`${one}/copy`, async (request, reply) => {
    const copied = await prepare(request)();
    return reply.code(201).send(copied);
  });

  app.post(`${one}/copy/async`, async (request, reply) => {
    const wait = waitSeconds(request);
    const work = prepare(request);
    const owner = named(request, principalOfCall(request)).id;
    const result = await tasks.result(owner, tasks.start(owner, work), wait);
    return reply.code(202).send(result);
  });

  app.get(`${one}/copy/async/:task/result`, async (request) => {
    const owner = named(request, principalOfCall(request)).id;
    const id = pathParam(request, "task");
    const result = await tasks.result(owner, id, waitSeconds(request));
    if (result === undefined) throw notFound("Task", id);
    return result;
  });
}
