/** Composition: everything that a request can meet, in the order in which it meets it. */
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync, LogController } from "fastify";
import type { Config } from "./config.ts";
import type { Readiness } from "./deps/process.ts";
import { sendError, sendNotFound } from "./error-response.ts";
import { GatewayError } from "./errors.ts";
import { healthRoutes } from "./health-routes.ts";
import { checkHostHeader } from "./host-header.ts";
import { allowOrigin } from "./mcp/cross-origin.ts";
import type { McpDeps } from "./mcp/exchange.ts";
import { mcpRoutes } from "./mcp/routes.ts";
import { createSessionSeal } from "./mcp/session-seal.ts";
import { createRateLimits, type RateLimit } from "./rate-limit.ts";
import { securityHeaders } from "./security-headers.ts";
import { clientAddress } from "./trusted-proxies.ts";

/** Longest time for a client to send a request. Answers may take as long as they like. */
const requestTimeoutMs = 30_000;
/**
 * Longer than the idle timeout of a load balancer, which would otherwise reuse a connection just closed here and answer
 * 502. In AWS that is 3,900 s, for calls that wait (`infra/aws`); 4,000 s are the most that AWS has.
 */
const keepAliveTimeoutMs = 4_010_000;
/** How often idle connections are closed while the gateway stops. */
const closeIdleMs = 200;

/** For the last errors to reach their clients before connections are cut. */
const lastWordsMs = 1_000;

/** What the application is made of, beside its configuration. */
export interface AppDeps extends Omit<McpDeps, "publicUrl" | "hostKey" | "sessions"> {
  readonly readiness: Readiness;
  /** The authorization server's routes: OAuth, sign-in, consent. Registered on the root, without a prefix. */
  readonly authorization: (limit: RateLimit) => FastifyPluginAsync;
  /** Folder of the built pages. */
  readonly webDir: string;
  readonly log: FastifyBaseLogger;
}

/** Builds the application without listening. */
export async function buildApp(config: Config, deps: AppDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: deps.log,
    // Our own line per request, below: Fastify's has the query, and the query of a consent is a secret.
    logController: new LogController({ disableRequestLogging: true }),
    // Made here and not taken from a header: it links log and audit record.
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // For `request.ip` alone. Nothing reads the request's host or protocol, which this would take from headers as well.
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    frameworkErrors: (error, request, reply) => {
      void sendError(error, request, reply);
    },
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
  });
  app.setErrorHandler(sendError);
  app.addHook("onRequest", async (request, reply) => {
    void reply.header("x-request-id", request.id).headers(securityHeaders(config.publicUrl));
    // The client's next request then opens a connection, which a load balancer leads to another gateway.
    if (deps.shutdown.begun.aborted) void reply.header("connection", "close");
  });
  await app.register(healthRoutes(deps.readiness, deps.shutdown));
  app.addHook("onResponse", async (request, reply) => {
    const path = request.url.split("?")[0];
    const { method, routeOptions } = request;
    const status = reply.statusCode;
    deps.telemetry?.httpAnswered({ method, route: routeOptions.url, status, durationMs: reply.elapsedTime });
    const durationMs = Math.round(reply.elapsedTime);
    const address = clientAddress(request);
    request.log.debug({ method: request.method, path, status: reply.statusCode, durationMs, address }, "request");
  });

  const connections = new Set<Socket>();
  app.server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  // Fastify closes what is idle when it starts to close; a connection whose last answer ends later would stay.
  app.addHook("preClose", async () => {
    const timer = setInterval(() => {
      app.server.closeIdleConnections();
      // For Node, a connection on which nothing was ever asked is none that is idle: browsers open such ones ahead.
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    }, closeIdleMs);
    app.server.once("close", () => clearInterval(timer));
  });
  deps.shutdown.overdue.addEventListener("abort", () => {
    setTimeout(() => app.server.closeAllConnections(), lastWordsMs).unref();
  });

  // In a scope of its own: a hook of the root would reach the health routes too, whatever the order.
  await app.register(async (host) => {
    const limit = createRateLimits(deps);
    host.setNotFoundHandler(sendNotFound);
    host.addHook("onRequest", checkHostHeader(config.publicUrl));
    host.addHook("onRequest", allowOrigin({ ...deps, publicUrl: config.publicUrl }));
    host.addHook("onRequest", limit("all"));
    host.addHook(
      "onRequest",
      limit("writes", ({ method }) => method !== "GET" && method !== "HEAD"),
    );
    // Without a route nothing is parsed: a body that nobody asked for is no reason to hold it.
    host.addHook("onRequest", async ({ is404 }) => {
      if (is404) throw new GatewayError("NOT_FOUND");
    });
    await host.register(deps.authorization(limit));
    await host.register(async (mcp) => {
      mcp.addHook(
        "onRequest",
        limit("mcp", ({ method }) => method === "POST"),
      );
      await mcp.register(
        mcpRoutes({
          ...deps,
          publicUrl: config.publicUrl,
          hostKey: config.hostKey,
          sessions: createSessionSeal(config.authSecret),
        }),
      );
    });
    await host.register(pages(deps.webDir));
  });
  return app;
}

/** The built pages: one document for all addresses of the pages, and the files it loads. */
function pages(webDir: string): FastifyPluginAsync {
  return async (app) => {
    await app.register(fastifyStatic, {
      root: webDir,
      prefix: "/",
      index: false,
      cacheControl: false,
      setHeaders: (response, path) => {
        // Files in `assets` have their content's hash in the name; the document names them and must be fresh.
        const hashed = /[\\/]assets[\\/]/.test(path);
        response.header("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
    for (const path of [
      "/",
      "/sign-in",
      "/sign-up",
      "/forgot-password",
      "/reset-password",
      "/account",
      "/consent",
      "/connect/:server",
      "/error",
    ]) {
      app.get(path, (_request, reply) => reply.sendFile("index.html"));
    }
  };
}
