import type { FastifyPluginAsync } from "fastify";
import type { Readiness } from "./deps.ts";

/**
 * `/healthz`: the process answers. `/readyz`: it can do its work; 503 with the reason for each part that can't. Both
 * before the check of `Host`, because load balancers ask by address.
 */
export function healthRoutes(readiness: Readiness): FastifyPluginAsync {
  return async (app) => {
    app.get("/healthz", async () => ({ status: "alive" }));
    app.get("/readyz", async (_request, reply) => {
      const parts = await Promise.all(
        Object.entries(readiness).map(async ([name, problem]) => [name, (await problem()) ?? "ok"] as const),
      );
      const ready = parts.every(([, state]) => state === "ok");
      return reply
        .code(ready ? 200 : 503)
        .send({ status: ready ? "ready" : "not ready", ...Object.fromEntries(parts) });
    });
  };
}
