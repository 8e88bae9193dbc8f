import type { FastifyInstance } from "fastify";
import type { Store } from "../storage/store.ts";

/** `/health`, `/healthy`, `/ready`: without a key, 503 once changes can't be stored. */
export function registerHealth(app: FastifyInstance, store: Store): void {
  for (const path of ["/health", "/healthy", "/ready"]) {
    app.get(path, (_request, reply) => {
      const status = store.healthy ? "ok" : "error";
      return reply
        .code(store.healthy ? 200 : 503)
        .send({ status, components: { horizon: { status }, opa: { status: "ok" } } });
    });
  }
}
