/** `/mcp` and `/mcp/{server}`: runs the steps, writes the answer, and sees to it that what was refused is recorded. */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { GatewayError } from "../errors.ts";
import { traceIdOf } from "../telemetry/message-context.ts";
import { noTelemetry } from "../telemetry/no-telemetry.ts";
import { entryTold, servedAsOperation } from "../telemetry/served-operation.ts";
import { clientAddress } from "../trusted-proxies.ts";
import { answerOfBatch, type Outcome } from "./batch-answer.ts";
import { sendAnswer } from "./client-answer.ts";
import { answerPreflight, mcpPaths } from "./cross-origin.ts";
import type { Entered, Exchange, McpDeps, Progress } from "./exchange.ts";
import { answerId, type RpcMessage } from "./json-rpc.ts";
import { announcing } from "./list-changes.ts";
import { createMergedServer } from "./merged/merged-server.ts";
import { createOneServer, type Served } from "./one-server.ts";
import { callerSteps, entrySteps } from "./pipeline.ts";
import { McpRefusal } from "./refusal.ts";
import { recordRefusal } from "./steps/record.ts";
import { createStreamWatch } from "./stream-watch.ts";

type McpRequest = FastifyRequest<{ Params: { server?: string } }>;

/** The MCP routes. `deps` is all they know of the world. */
export function mcpRoutes(deps: McpDeps): FastifyPluginAsync {
  const oneServer = createOneServer(deps);
  const merged = createMergedServer(deps, oneServer);
  const streams = createStreamWatch(deps);
  const telemetry = deps.telemetry ?? noTelemetry;
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

  /** One message, to the server that the token is for, or to one of several. */
  const serve = (
    entered: Entered,
    message: RpcMessage,
    request: McpRequest,
    onProgress: (progress: Progress) => void,
  ): Promise<Served> =>
    servedAsOperation(telemetry, entered, message, (within) => {
      if (within.grants.length > 1) return merged.message(within, message, request.log, onProgress);
      const [grant] = within.grants;
      onProgress({ ...within, grant, message });
      return oneServer.message({ ...within, grant, message }, request.log, onProgress);
    });

  /** One message of a batch, whatever becomes of it: the others go on. */
  const outcomeOf = async (entered: Entered, message: RpcMessage, request: McpRequest): Promise<Outcome> => {
    let progress: Progress = { ...entered, message };
    const outcome = await serve(entered, message, request, (reached) => {
      progress = reached;
    })
      .then(({ answer }) => answer)
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
    reply.raw.once("close", () => {
      // After a whole answer there is nothing left to end.
      if (!reply.raw.writableFinished) abort.abort();
    });
    openCalls.add(call);
    const exchange: Exchange = {
      requestId: request.id,
      httpMethod: request.method as Exchange["httpMethod"],
      serverKey: request.params.server,
      query: request.raw.url?.includes("?") === true ? new URL(request.raw.url, deps.publicUrl).search : "",
      headers: request.headers,
      rawHeaders: request.raw.rawHeaders,
      body: request.raw,
      clientAddress: clientAddress(request),
      receivedMs: performance.now() - reply.elapsedTime,
      traceId: traceIdOf(request.headers, undefined),
      signal: call.signal,
    };
    let progress: Progress = exchange;
    const onProgress = (reached: Progress) => {
      progress = reached;
    };
    const sendOne = async ({ answer, stream, release }: Served) => {
      const { body, announce } =
        answer.body !== undefined && answer.kind === "events" && stream !== undefined
          ? announcing(answer.body, stream.acknowledged, stream.onMessage)
          : { body: answer.body, announce: () => undefined };
      const unwatch = stream === undefined ? undefined : streams.watch(stream, abort, request.log, announce);
      await sendAnswer(reply, { ...answer, body }, abort).finally(() => {
        unwatch?.();
        release();
      });
    };
    try {
      if (exchange.httpMethod !== "POST") {
        const called = await entryTold(telemetry, () => progress, callerSteps.run(exchange, deps, onProgress));
        const served = await servedAsOperation<typeof called, Served>(telemetry, called, undefined, (within) =>
          within.grants.length > 1
            ? merged.session(within, request.log)
            : oneServer.session({ ...within, grant: within.grants[0] }, request.log, onProgress),
        );
        return await sendOne(served);
      }
      const entered = await entryTold(telemetry, () => progress, entrySteps.run(exchange, deps, onProgress));
      const [message] = entered.messages;
      if (entered.batch || message === undefined) {
        const outcomes = entered.messages.map((each) => outcomeOf(entered, each, request));
        await sendAnswer(reply, await answerOfBatch(await Promise.all(outcomes)), abort);
      } else {
        await sendOne(await serve(entered, message, request, onProgress));
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
    for (const url of mcpPaths) {
      app.options(url, (request, reply) => answerPreflight(request, reply, deps));
      app.route({ method: ["POST", "GET", "DELETE"], url, exposeHeadRoute: false, handler: handle });
    }
  };
}
