/** One request to one server, from the steps to what the client gets. */
import type { Readable } from "node:stream";
import type { FastifyBaseLogger } from "fastify";
import { GatewayError } from "../errors.ts";
import { answerBody } from "./answer-body.ts";
import { type AnswerKind, answerHeaders, kindOf } from "./answer-headers.ts";
import { callEnding } from "./call-end.ts";
import { createCallWatch } from "./call-watch.ts";
import type { ClientAnswer } from "./client-answer.ts";
import { clientVersion } from "./client-version.ts";
import type {
  Answered,
  Called,
  Entered,
  Exchange,
  McpDeps,
  Progress,
  WithGrant,
  WithMessage,
  WithMessages,
} from "./exchange.ts";
import { answerId } from "./json-rpc.ts";
import { withLastWords } from "./last-words.ts";
import { withOwnAnswer } from "./own-answer.ts";
import { messageSteps, sessionSteps } from "./pipeline.ts";
import { McpRefusal } from "./refusal.ts";
import { recordSession } from "./session-record.ts";
import { decideAgain } from "./steps/decide-again.ts";
import { forward } from "./steps/forward.ts";
import { openUpstream } from "./steps/open-upstream.ts";
import { type OpenStream, openStreamOf } from "./stream-watch.ts";
import { whenClosed } from "./watch-body.ts";

/** What a request gets. */
export interface Served {
  readonly answer: ClientAnswer;
  /** Set when the answer stays open without a call behind it. */
  readonly stream: OpenStream | undefined;
  /** Ends what the answer holds at the upstream. */
  readonly release: () => void;
}

/** What a message gets that was allowed and sent. */
export interface ServedMessage extends Served {
  /** Sends it once more, in another session: the server has said that it does not know the one before. */
  resend(openAnother: NonNullable<Exchange["openUpstream"]>): Promise<ServedMessage>;
}

/** A message that came alone or in a batch, or none. */
type AnsweredOne = Answered & Partial<WithMessages>;

function notAnswered(status: number): GatewayError {
  const sentence = "The MCP server did not answer the request. It may have taken effect.";
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail: `status ${status}` });
}

type OnProgress = (progress: Progress) => void;
/** A message that was allowed and sent. */
type Sent = Awaited<ReturnType<typeof messageSteps.run>>;

export interface OneServer {
  /** A message of a POST. Throws GatewayError; `onProgress` says how far it came. */
  message(
    exchange: Entered & WithGrant & WithMessage,
    log: FastifyBaseLogger,
    onProgress: OnProgress,
  ): Promise<ServedMessage>;
  /** A GET or DELETE. Throws likewise. */
  session(exchange: Called & WithGrant, log: FastifyBaseLogger, onProgress: OnProgress): Promise<Served>;
}

export function createOneServer(deps: McpDeps): OneServer {
  const calls = createCallWatch(deps);
  /** What the time limit of a call or of the process cuts short ends with an error that the client can read. */
  const endReadably = (body: Readable, kind: AnswerKind, answered: AnsweredOne, log: FastifyBaseLogger): Readable => {
    // What answers no message goes through the filter of tool lists.
    if (answered.message === undefined) return body;
    const id = answerId(answered.message);
    // The answers to a batch are told apart by their place, and get their ids there.
    if (kind === "json") return answered.batch === true ? body : withOwnAnswer(body, id);
    return withLastWords(body, id, (error) => {
      log.info({ code: error.code }, "answer cut short");
      return new McpRefusal(error, answered, deps.publicUrl).body;
    });
  };

  /** What the client gets of an upstream's answer. */
  const served = async (answered: AnsweredOne, log: FastifyBaseLogger): Promise<Served> => {
    const { answer, grant } = answered;
    try {
      const kind = kindOf(answer, answered.httpMethod);
      // MCP transports: a server accepts what is not answered with 202, and answers a request. Nobody else would.
      if (kind === "empty" && answer.status < 300 && answered.message?.kind === "request")
        throw notAnswered(answer.status);
      const headers = answerHeaders(
        answer,
        kind,
        { owner: grant, clientVersion: clientVersion(answered) },
        deps.sessions,
      );
      const whole = await answerBody(answer.body, kind, answered.visibleTools);
      const body = whole === undefined ? undefined : endReadably(whole, kind, answered, log);
      const release = () => void answer.body.destroy();
      recordSession(answered, headers["mcp-session-id"] !== undefined, deps);
      return {
        answer: { status: answer.status, headers, kind, body },
        stream: openStreamOf(answered, deps.pins),
        release,
      };
    } catch (error) {
      // Whatever is not passed on must not hold its connection to the upstream.
      answer.body.destroy();
      throw error;
    }
  };
  return {
    message: async (exchange, log, onProgress) => {
      let progress: Progress = exchange;
      const ending = callEnding(() => progress, deps);
      const reached = (state: Progress) => {
        progress = state;
        onProgress(state);
      };
      /** Sends it and tells what becomes of it, with the signal that ends it when its consent ends. */
      const sending = async (send: (signal: AbortSignal) => Promise<Sent>): Promise<ServedMessage> => {
        const call = calls.watch(exchange);
        try {
          const sent = await send(call.signal);
          whenClosed(sent.answer.body, call.end);
          const takeBack = ending.answered(sent.answer);
          const resend: ServedMessage["resend"] = (openAnother) => {
            takeBack();
            return sending(async (signal) => {
              const asked = { ...sent, signal, openUpstream: openAnother };
              reached(asked);
              const opened = { ...asked, ...(await openUpstream(asked, deps)) };
              // Its record says that it was allowed: what it is refused with now is its result.
              const again = { ...opened, ...(await decideAgain(opened, deps)) };
              return { ...again, ...(await forward(again, deps)) };
            });
          };
          return { ...(await served(sent, log)), resend };
        } catch (error) {
          call.end();
          ending.failed(error);
          throw error;
        }
      };
      return sending((signal) => messageSteps.run({ ...exchange, signal }, deps, reached));
    },
    session: async (exchange, log, onProgress) => {
      const call = calls.watch(exchange);
      try {
        const answered = await sessionSteps.run({ ...exchange, signal: call.signal }, deps, onProgress);
        whenClosed(answered.answer.body, call.end);
        return await served(answered, log);
      } catch (error) {
        call.end();
        throw error;
      }
    },
  };
}
