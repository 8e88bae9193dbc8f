import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { EnvironmentState } from "../state/environment.ts";
import type { Store } from "../storage/store.ts";
import { bearerOf, principalOf } from "./access.ts";
import { sendTogether } from "./send-together.ts";

/** How a decision point refuses: in plain text, not in the control plane's shape. */
class PlainRefusal {
  readonly status: number;
  readonly text: string;

  constructor(status: number, text: string) {
    this.status = status;
    this.text = text;
  }
}

const sdkHint =
  ". (checkAllTenants of the npm package permitio sends the header in the body by mistake; Permit answers 401 as well.)";

/** The environment of the key. A decision point serves one environment: the organization's key opens none. */
function environmentOfKey(store: Store, request: FastifyRequest): EnvironmentState | PlainRefusal {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    const hint = request.routeOptions.url === "/allowed/all-tenants" ? sdkHint : "";
    return new PlainRefusal(401, `Missing Authorization header${hint}`);
  }
  const id = principalOf(store, bearerOf(authorization))?.environmentId ?? null;
  const env = id === null ? undefined : store.environment(id);
  return env ?? new PlainRefusal(403, "You are not authorized to access this resource, please check your API key.");
}

/** What the PDP container takes; more would also be more than one answer can be worked out without others waiting. */
const bodyLimitBytes = 2 * 1024 * 1024;

declare module "fastify" {
  interface FastifyRequest {
    /** Where a question is asked: the environment of its key. */
    asked: EnvironmentState | null;
  }
}

/** Adds questions (POST) that are answered in the environment of the key. */
export function registerQuestions(
  app: FastifyInstance,
  store: Store,
  questions: Readonly<Record<string, (env: EnvironmentState, body: unknown) => unknown>>,
): void {
  app.register(async (scope) => {
    scope.decorateRequest("asked", null);
    // Before the body is read: nobody without a key gets anything parsed.
    scope.addHook("onRequest", (request: FastifyRequest, reply: FastifyReply, done) => {
      store.checkHealthy();
      const env = environmentOfKey(store, request);
      if (env instanceof PlainRefusal) {
        void reply.code(env.status).type("text/plain").send(env.text);
        return;
      }
      request.asked = env;
      done();
    });
    for (const [path, answer] of Object.entries(questions)) {
      scope.post(path, { bodyLimit: bodyLimitBytes }, (request, reply) => {
        if (request.asked === null) throw new Error("A question was asked without a key.");
        sendTogether(reply, answer(request.asked, request.body));
      });
    }
  });
}
