import { subscribe } from "node:diagnostics_channel";
import type { FastifyInstance } from "fastify";

/**
 * Compares every answer of every local Permit that starts in this process with Permit's API description, whoever asked:
 * a test, the SDK, the gateway. Hooks in from outside, so that no switch for tests is in the program itself.
 */
export function watchResponses(report: (violation: string) => void): void {
  subscribe("fastify.initialization", (message) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook("onSend", async (request, reply, payload) => {
      const route = request.routeOptions.url;
      // Other programs of this project are Fastify applications too; only Permit's control plane has these paths.
      if (route === undefined || !route.startsWith("/v2/")) return;
      const { responseViolations } = await import("./response-violations.ts");
      const body = typeof payload === "string" ? payload : "";
      for (const violation of responseViolations({ method: request.method, route, status: reply.statusCode, body })) {
        report(violation);
      }
    });
  });
}
