import type { FastifyPluginAsync } from "fastify";
import type { Readiness, Shutdown } from "./deps/process.ts";

/**
 * `/healthz`: the process answers. `/readyz`: it can do its work; 503 with the reason for each part that can't, and as
 * soon as the process was asked to end. Both before the check of `Host`, because load balancers ask by address.
 */
export function healthRoutes(readiness: Readiness, shutdown: Shutdown): FastifyPluginAsync {
  return async (app) => {
    app.get("/healthz", async () => ({ status: "alive" }));
    app.get("/readyz", async (_request, reply) => {
      if (shutdown.begun.aborted) return reply.code(503).send({ status: "stopping" });
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
