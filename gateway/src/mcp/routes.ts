/** `/mcp` and `/mcp/{server}`: runs the steps, writes the answer, and sees to it that what was refused is recorded. */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { GatewayError } from "../errors.ts";
import { answerBody } from "./answer-body.ts";
import { type AnswerKind, answerHeaders, kindOf } from "./answer-headers.ts";
import type { Chain } from "./chain.ts";
import type { Answered, Exchange, McpDeps, Progress } from "./exchange.ts";
import { withLastWords } from "./last-words.ts";
import { staysOpen } from "./methods.ts";
import { messageSteps, sessionSteps } from "./pipeline.ts";
import { McpRefusal } from "./refusal.ts";
import { assertAlive } from "./steps/check-grant.ts";
import { assertServed } from "./steps/check-policy.ts";
import { recordRefusal } from "./steps/record.ts";
import { resolveServer } from "./steps/resolve-server.ts";

/** How often an open stream is checked for a consent that ended meanwhile. */
const streamCheckMs = 5_000;

type McpRequest = FastifyRequest<{ Params: { server?: string } }>;

/** Streams without a call behind them: of server messages, of a subscription. */
function isStream({ httpMethod, message }: Answered): boolean {
  return httpMethod === "GET" || (message !== undefined && staysOpen(message));
}

/** The MCP routes. `deps` is all they know of the world. */
export function mcpRoutes(deps: McpDeps): FastifyPluginAsync {
  const openStreams = new Set<AbortController>();
  const openCalls = new Set<AbortController>();
  deps.shutdown.overdue.addEventListener("abort", () => {
    for (const call of openCalls) call.abort(new GatewayError("GATEWAY_STOPPING"));
  });

  const refuse = async (error: unknown, progress: Progress): Promise<McpRefusal> => {
    let refused = error instanceof GatewayError ? error : new GatewayError("INTERNAL", { cause: error });
    try {
      await recordRefusal(progress, refused, deps);
    } catch (cause) {
      refused = cause instanceof GatewayError ? cause : new GatewayError("AUDIT_UNAVAILABLE", { cause });
    }
    return new McpRefusal(refused, progress, deps.publicUrl);
  };

  /** Ends the stream soon after its consent ends, and when the gateway stops. */
  const watch = (answered: Answered, abort: AbortController, request: McpRequest): (() => void) => {
    if (!isStream(answered)) return () => undefined;
    const check = async () => {
      try {
        const grant = await deps.grants.find(answered.grant.id);
        if (grant === undefined) throw new GatewayError("GRANT_REVOKED");
        const { host, server } = resolveServer({ host: deps.directory.settings(), grant });
        assertAlive(grant, { host, server }, deps.clock());
        assertServed(host, server, grant, deps.clock());
      } catch (error) {
        request.log.info({ error: (error as Error).message }, "open stream ended");
        abort.abort();
      }
    };
    const timer = setInterval(() => void check(), streamCheckMs);
    openStreams.add(abort);
    return () => {
      clearInterval(timer);
      openStreams.delete(abort);
    };
  };

  /** What the time limit of a call or of the process cuts short ends with an error that the client can read. */
  const endReadably = (body: Readable, kind: AnswerKind, answered: Answered, request: McpRequest): Readable => {
    if (answered.message?.kind !== "request") return body;
    return withLastWords(body, kind, (error) => {
      request.log.info({ code: error.code }, "answer cut short");
      return new McpRefusal(error, answered, deps.publicUrl).body;
    });
  };

  const handle = async (steps: Chain<Answered>, request: McpRequest, reply: FastifyReply): Promise<void> => {
    const abort = new AbortController();
    // The request to the upstream, apart from the answer: when the process ends, the answer has to say so.
    const call = new AbortController();
    abort.signal.addEventListener("abort", () => call.abort());
    reply.raw.once("close", () => abort.abort());
    openCalls.add(call);
    const exchange: Exchange = {
      requestId: request.id,
      httpMethod: request.method as Exchange["httpMethod"],
      serverKey: request.params.server,
      query: new URL(request.raw.url ?? "/", deps.publicUrl).search,
      headers: request.headers,
      body: request.raw,
      signal: call.signal,
    };
    let progress: Progress = exchange;
    try {
      const answered = await steps.run(exchange, deps, (reached) => {
        progress = reached;
      });
      const { answer, grant } = answered;
      try {
        const kind = kindOf(answer, exchange.httpMethod);
        const headers = answerHeaders(answer, kind, grant, deps.sessions);
        const whole = await answerBody(answer.body, kind, answered.visibleTools);
        const body = whole === undefined ? undefined : endReadably(whole, kind, answered, request);
        const unwatch = watch(answered, abort, request);
        await send(reply, { status: answer.status, headers, body }, abort).finally(unwatch);
      } finally {
        // Whatever was not passed on must not hold its connection to the upstream.
        answer.body.destroy();
      }
    } catch (error) {
      if (reply.sent) return request.log.info({ error: (error as Error).message }, "answer cut short");
      throw await refuse(error, progress);
    } finally {
      openCalls.delete(call);
    }
  };

  return async (app) => {
    // The steps read the body themselves, after authentication and with a limit.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _body, done) => done(null));
    app.addHook("preClose", async () => {
      for (const stream of openStreams) stream.abort();
    });
    for (const url of ["/mcp", "/mcp/:server"]) {
      app.post(url, (request: McpRequest, reply) => handle(messageSteps, request, reply));
      app.route({
        method: ["GET", "DELETE"],
        url,
        exposeHeadRoute: false,
        handler: (request: McpRequest, reply) => handle(sessionSteps, request, reply),
      });
    }
  };
}

interface ClientAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: NodeJS.ReadableStream | undefined;
}

/** Writes past Fastify, which would hold the headers back until the first byte of a stream that may stay silent. */
async function send(
  reply: FastifyReply,
  { status, headers, body }: ClientAnswer,
  abort: AbortController,
): Promise<void> {
  const all = { ...reply.getHeaders(), ...headers };
  if (body === undefined) {
    await reply.code(status).headers(headers).send();
    return;
  }
  reply.hijack();
  for (const [name, value] of Object.entries(all)) if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.writeHead(status);
  reply.raw.flushHeaders();
  await pipeline(body, reply.raw, { signal: abort.signal });
}
