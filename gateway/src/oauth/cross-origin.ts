import type { FastifyInstance, FastifyReply } from "fastify";

/** For every answer of an endpoint that clients in browsers call. No credentials: none of these reads a cookie. */
export function allowCrossOrigin(reply: FastifyReply): void {
  reply.header("access-control-allow-origin", "*");
  reply.header("access-control-expose-headers", "www-authenticate, retry-after");
}

/** Answers the preflight of these paths. Not @fastify/cors: its route would be for all paths of the gateway. */
export function answerPreflights(app: FastifyInstance, paths: readonly string[]): void {
  for (const path of paths) {
    app.options(path, async (_request, reply) => {
      allowCrossOrigin(reply);
      reply.header("access-control-allow-methods", "GET, POST");
      reply.header("access-control-allow-headers", "authorization, content-type, mcp-protocol-version");
      reply.header("access-control-max-age", "86400");
      return reply.code(204).send();
    });
  }
}
