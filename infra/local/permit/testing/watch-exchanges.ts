import { subscribe } from "node:diagnostics_channel";
import type { FastifyInstance } from "fastify";

/**
 * Compares every exchange of every local Permit that starts in this process with Permit's API description, whoever asked:
 * a test, the SDK, the gateway. Hooks in from outside, so that no switch for tests is in the program itself.
 */
export function watchExchanges(report: (violation: string) => void): void {
  subscribe("fastify.initialization", (message) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook("onSend", async (request, reply, payload) => {
      const route = request.routeOptions.url;
      // Other programs of this project are Fastify applications too; only Permit's control plane has these paths.
      if (route === undefined || !route.startsWith("/v2/")) return;
      const { violationsOf } = await import("./exchange-violations.ts");
      const { method, body } = request;
      const text = typeof payload === "string" ? payload : "";
      const exchange = { method, route, request: body ?? undefined, status: reply.statusCode, body: text };
      for (const violation of violationsOf(exchange)) report(violation);
    });
  });
}
