/** `/mcp` and `/mcp/{server}`: runs the steps, writes the answer, and sees to it that what was refused is recorded. */
import type { Readable } from "node:stream";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { GatewayError } from "../errors.ts";
import { answerBody } from "./answer-body.ts";
import { type AnswerKind, answerHeaders, kindOf } from "./answer-headers.ts";
import { answerOfBatch, type Outcome } from "./batch-answer.ts";
import { type ClientAnswer, sendAnswer } from "./client-answer.ts";
import type { Answered, Entered, Exchange, McpDeps, Progress } from "./exchange.ts";
import { answerId, type RpcMessage } from "./json-rpc.ts";
import { withLastWords } from "./last-words.ts";
import { announcing, saysListChanged } from "./list-changes.ts";
import { entrySteps, messageSteps, sessionSteps } from "./pipeline.ts";
import { McpRefusal } from "./refusal.ts";
import { recordRefusal } from "./steps/record.ts";
import { createStreamWatch, isStream } from "./stream-watch.ts";

type McpRequest = FastifyRequest<{ Params: { server?: string } }>;

/** The MCP routes. `deps` is all they know of the world. */
export function mcpRoutes(deps: McpDeps): FastifyPluginAsync {
  const streams = createStreamWatch(deps);
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

  /** What the time limit of a call or of the process cuts short ends with an error that the client can read. */
  const endReadably = (body: Readable, kind: AnswerKind, answered: Answered, request: McpRequest): Readable => {
    if (answered.message?.kind !== "request") return body;
    return withLastWords(body, kind, (error) => {
      request.log.info({ code: error.code }, "answer cut short");
      return new McpRefusal(error, answered, deps.publicUrl).body;
    });
  };

  /** What the client gets of an upstream's answer. */
  const clientAnswer = async (answered: Answered, request: McpRequest): Promise<ClientAnswer> => {
    const { answer, grant } = answered;
    try {
      const kind = kindOf(answer, answered.httpMethod);
      const headers = answerHeaders(answer, kind, grant, deps.sessions);
      const whole = await answerBody(answer.body, kind, answered.visibleTools);
      const body = whole === undefined ? undefined : endReadably(whole, kind, answered, request);
      return { status: answer.status, headers, kind, body };
    } catch (error) {
      // Whatever is not passed on must not hold its connection to the upstream.
      answer.body.destroy();
      throw error;
    }
  };

  /** One message of a batch, whatever becomes of it: the others go on. */
  const outcomeOf = async (entered: Entered, message: RpcMessage, request: McpRequest): Promise<Outcome> => {
    let progress: Progress = { ...entered, message };
    const outcome = await messageSteps
      .run({ ...entered, message }, deps, (reached) => {
        progress = reached;
      })
      .then((answered) => clientAnswer(answered, request))
      .catch((error: unknown) => refuse(error, progress));
    const failure = (error: unknown) => {
      request.log.info({ error: String(error) }, "answer cut short");
      const refused = error instanceof GatewayError ? error : new GatewayError("UPSTREAM_UNAVAILABLE");
      return new McpRefusal(refused, progress, deps.publicUrl).body;
    };
    return { outcome, id: answerId(message), failure };
  };

  const handle = async (request: McpRequest, reply: FastifyReply): Promise<void> => {
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
    const onProgress = (reached: Progress) => {
      progress = reached;
    };
    const sendOne = async (answered: Answered) => {
      const answer = await clientAnswer(answered, request);
      const { body, announce } =
        answer.body !== undefined && answer.kind === "events" && isStream(answered)
          ? announcing(answer.body, (message) => {
              if (saysListChanged(message)) deps.pins.distrust(answered);
            })
          : { body: answer.body, announce: () => undefined };
      const unwatch = streams.watch(answered, abort, request.log, announce);
      await sendAnswer(reply, { ...answer, body }, abort).finally(() => {
        unwatch();
        answered.answer.body.destroy();
      });
    };
    try {
      if (exchange.httpMethod !== "POST") return await sendOne(await sessionSteps.run(exchange, deps, onProgress));
      const entered = await entrySteps.run(exchange, deps, onProgress);
      const [message] = entered.messages;
      if (entered.batch || message === undefined) {
        const outcomes = entered.messages.map((each) => outcomeOf(entered, each, request));
        await sendAnswer(reply, await answerOfBatch(await Promise.all(outcomes)), abort);
      } else {
        progress = { ...entered, message };
        await sendOne(await messageSteps.run({ ...entered, message }, deps, onProgress));
      }
    } catch (error) {
      if (reply.sent) return request.log.info({ error: (error as Error).message }, "answer cut short");
      throw error instanceof McpRefusal ? error : await refuse(error, progress);
    } finally {
      openCalls.delete(call);
    }
  };

  return async (app) => {
    // The steps read the body themselves, after authentication and with a limit.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _body, done) => done(null));
    app.addHook("preClose", async () => streams.endAll());
    for (const url of ["/mcp", "/mcp/:server"]) {
      app.route({ method: ["POST", "GET", "DELETE"], url, exposeHeadRoute: false, handler: handle });
    }
  };
}
