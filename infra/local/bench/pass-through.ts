/**
 * `node pass-through.ts <port> <upstream URL>`: as little as a proxy on Fastify and undici can do, which is what the
 * gateway is measured against: no rule, no record, headers copied, bodies not looked at.
 */
import Fastify from "fastify";
import { Agent } from "undici";

const [port = "", upstream = ""] = process.argv.slice(2);
const { origin, pathname } = new URL(upstream);
// As many connections as the gateway opens.
const agent = new Agent({ bodyTimeout: 0, headersTimeout: 0, connections: null });
const notCopied = new Set(["host", "connection", "keep-alive", "content-length", "transfer-encoding"]);

const app = Fastify({ keepAliveTimeout: 600_000, exposeHeadRoutes: false });
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
app.route({
  method: ["GET", "POST", "DELETE"],
  url: "/mcp",
  handler: async (request, reply) => {
    const headers = Object.entries(request.headers).filter(([name]) => !notCopied.has(name));
    const answer = await agent.request({
      origin,
      path: pathname,
      method: request.method as "GET",
      headers: Object.fromEntries(headers),
      ...(request.body === undefined ? {} : { body: request.body as Buffer }),
    });
    reply.raw.once("close", () => answer.body.destroy());
    answer.body.on("error", () => undefined);
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined && !["connection", "keep-alive", "transfer-encoding"].includes(name)) {
        void reply.header(name, value);
      }
    }
    return reply.code(answer.statusCode).send(answer.body);
  },
});
await app.listen({ host: "127.0.0.1", port: Number(port) });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
