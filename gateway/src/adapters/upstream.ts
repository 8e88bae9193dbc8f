import { Agent, type Dispatcher } from "undici";
import { AddressRefusedError, type AddressRules } from "../address-rules.ts";
import type { Upstream } from "../deps/upstream.ts";
import { GatewayError } from "../errors.ts";
import { urlRefused } from "../server-url.ts";
import type { GuardHooks } from "./address-guard.ts";
import { announcesMore, answerTooLarge, isEvents, limitAnswer } from "./answer-limit.ts";
import { createGuardedAgent } from "./guarded-agent.ts";
import { startDeadline } from "./upstream-deadline.ts";

const connectTimeoutMs = 10_000;
/** A server that does not stream sends its headers when the tool is done, which may take minutes. */
const headersTimeoutMs = 300_000;
const keepAliveMs = 30_000;

/** An upstream client that gives its connections back. */
export interface ClosableUpstream extends Upstream {
  close(): Promise<void>;
}

export interface UpstreamOptions {
  /** What the policy of now lets guarded requests reach beside public addresses. */
  readonly addressRules?: () => AddressRules;
  readonly hooks?: GuardHooks;
}

/** The answer as undici has it, each message of it limited from its first byte on. */
function request(
  agent: Agent,
  options: Dispatcher.RequestOptions,
  maxBytes: number | undefined,
): Promise<Dispatcher.ResponseData> {
  return new Promise((resolve, reject) => {
    // The form with a callback: a promise resolves when some of the body may be there already.
    agent.request(options, (error, answer) => {
      if (error !== null) return reject(error);
      if (maxBytes !== undefined) limitAnswer(answer, maxBytes);
      resolve(answer);
    });
  });
}

const nothingPrivate: AddressRules = { hosts: [], ranges: [] };

/**
 * HTTP with one keep-alive pool per upstream origin. A body may stay silent for ever: event streams do. Each of them has a
 * connection, so their number has no limit: with one, idle streams of some agents would keep the calls of all waiting.
 */
export function createUpstream({ addressRules = () => nothingPrivate, hooks }: UpstreamOptions = {}): ClosableUpstream {
  const pool = { headersTimeout: headersTimeoutMs, bodyTimeout: 0, keepAliveTimeout: keepAliveMs };
  const open = new Agent({ ...pool, connect: { timeout: connectTimeoutMs } });
  const guard = createGuardedAgent({ addressRules, hooks, connectTimeoutMs, pool });
  return {
    send: async ({ url, method, headers, body, guarded, signal, timeoutMs, caller }) => {
      const maxBytes = caller?.server.maxAnswerBytes;
      const deadline = timeoutMs === undefined ? undefined : startDeadline(timeoutMs);
      try {
        const target = new URL(url);
        const agent = guarded ? guard.agentFor(target) : open;
        // `request` follows no redirects: the call would go wherever the upstream points, past the policy's URL.
        const options = {
          origin: target.origin,
          path: `${target.pathname}${target.search}`,
          method,
          headers,
          ...(deadline === undefined
            ? { signal }
            : { signal: AbortSignal.any([signal, deadline.signal]), headersTimeout: 0 }),
          ...(body === undefined ? {} : { body }),
        };
        const answer = await request(agent, options, maxBytes);
        // Whoever reads the body meets its error there; a body that is let go unread must not end the process.
        answer.body.on("error", () => undefined);
        if (deadline !== undefined) answer.body.once("close", deadline.release);
        // The stream of server messages stays open for as long as the session does.
        if (method === "GET" && isEvents(answer)) deadline?.release();
        if (maxBytes !== undefined && announcesMore(answer, maxBytes)) {
          answer.body.destroy();
          throw answerTooLarge(maxBytes);
        }
        return { status: answer.statusCode, headers: answer.headers, body: answer.body };
      } catch (cause) {
        deadline?.release();
        if (cause instanceof GatewayError) throw cause;
        if (cause instanceof AddressRefusedError) throw urlRefused(cause);
        throw new GatewayError("UPSTREAM_UNAVAILABLE", { detail: `${method} ${new URL(url).origin}`, cause });
      }
    },
    // Not `close`: an open event stream would keep it waiting.
    close: async () => {
      await Promise.all([open.destroy(), guard.close()]);
    },
  };
}
