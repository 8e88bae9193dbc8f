/** One message to one of several servers, in the session there. */
import type { FastifyBaseLogger } from "fastify";
import type { MergedSession } from "../../deps/sessions.ts";
import { GatewayError } from "../../errors.ts";
import type { Entered, McpDeps, Progress, WithGrant, WithMessage } from "../exchange.ts";
import { answerId } from "../json-rpc.ts";
import type { OneServer, Served, ServedMessage } from "../one-server.ts";
import { answerForClient, forServer } from "./server-answers.ts";
import type { MergedSessions } from "./sessions.ts";
import { progressTokens } from "./tags.ts";

type OnProgress = (progress: Progress) => void;
type Send = (
  asked: Entered & WithGrant & WithMessage,
  session: MergedSession | undefined,
  log: FastifyBaseLogger,
  onProgress: OnProgress,
) => Promise<Served>;

export interface SendToOne {
  /** A message of the client's. The answer is the client's too. Throws GatewayError. */
  forClient: Send;
  /** What the gateway asks for itself, without a token for its progress. The answer is as the server has sent it. Throws likewise. */
  forGateway: Send;
}

export function createSendToOne(
  { sessions: seal }: Pick<McpDeps, "sessions">,
  oneServer: OneServer,
  sessions: MergedSessions,
): SendToOne {
  /** The session may have ended without anybody noticing: then it is opened again, once. */
  const inSession = async (
    asked: Entered & WithGrant & WithMessage,
    session: MergedSession,
    log: FastifyBaseLogger,
    onProgress: OnProgress,
  ): Promise<Served> => {
    const key = asked.grant.server;
    const wasOpen = session.upstreams.has(key);
    const opener = (one: MergedSession) => ({ openUpstream: sessions.opener(asked, one, log) });
    let reached: Progress = asked;
    let served: ServedMessage;
    try {
      served = await oneServer.message({ ...asked, ...opener(session) }, log, (progress) => {
        reached = progress;
        onProgress(progress);
      });
    } catch (error) {
      const isOver = error instanceof GatewayError && error.code === "SESSION_UNKNOWN";
      if (!wasOpen || !isOver) throw error;
      const again = { ...asked, ...opener(await sessions.forget(session, key)), counted: reached.counted === true };
      served = await oneServer.message(again, log, onProgress);
    }
    // The server has not run it: it does not know the session (MCP 2025-11-25, session management).
    if (wasOpen && served.answer.status === 404) {
      served.release();
      served = await served.resend(sessions.opener(asked, await sessions.forget(session, key), log));
    }
    if (served.answer.status === 404) {
      served.release();
      throw new GatewayError("UPSTREAM_UNAVAILABLE", { detail: `"${key}" does not know the session just opened` });
    }
    // The server's session is the gateway's: clients take any id they are told.
    const { "mcp-session-id": _session, ...headers } = served.answer.headers;
    return { ...served, answer: { ...served.answer, headers } };
  };
  const send: Send = async (asked, session, log, onProgress) =>
    session === undefined ? oneServer.message(asked, log, onProgress) : inSession(asked, session, log, onProgress);

  return {
    forGateway: (asked, session, log, onProgress) =>
      send({ ...asked, message: forServer(asked.message, undefined) }, session, log, onProgress),
    forClient: async (asked, session, log, onProgress) => {
      const { grant, message } = asked;
      const progress = progressTokens(seal, grant, session?.id ?? asked.requestId);
      const served = await send({ ...asked, message: forServer(message, progress) }, session, log, onProgress);
      const crossing = { server: grant.server, answers: answerId(message), progress };
      return { ...served, answer: await answerForClient(crossing, served.answer) };
    },
  };
}
