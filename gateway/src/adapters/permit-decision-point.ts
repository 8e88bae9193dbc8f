import { defaultTenant } from "@permit-mcp-gateway/policies";
import { Pool } from "undici";
import type { DecisionPoint } from "../deps/permit.ts";
import { GatewayError } from "../errors.ts";
import { together } from "../together.ts";

/** A decision takes milliseconds. One that takes longer than this is none. */
const decisionTimeoutMs = 2_000;
const connections = 64;
/** Requests with the questions of calls: a decision that is slow holds up those alone that go with it. */
const questionsAtOnce = 4;

/** A decision point client that gives its connections back. */
export interface ClosableDecisionPoint extends DecisionPoint {
  close(): Promise<void>;
}

interface Decision {
  readonly allow?: unknown;
}

function query(user: string, action: string, server: string): object {
  return { user: { key: user }, action, resource: { type: server, key: server, tenant: defaultTenant }, context: {} };
}

/** Nothing but a literal `true` is an allow: not "true", not 1, not an object. */
function isAllowed(decision: unknown): boolean {
  return typeof decision === "object" && decision !== null && (decision as Decision).allow === true;
}

/**
 * Permit's decision point over a keep-alive pool: the same questions as `permit.check` and `permit.bulkCheck`, without
 * axios on the way of every call. Whatever is not an answer in time is GatewayError DECISION_UNAVAILABLE.
 */
export function createPermitDecisionPoint({
  pdpUrl,
  apiKey,
}: {
  readonly pdpUrl: string;
  readonly apiKey: string;
}): ClosableDecisionPoint {
  const base = new URL(pdpUrl);
  const path = base.pathname.replace(/\/+$/, "");
  const pool = new Pool(base.origin, {
    connections,
    headersTimeout: decisionTimeoutMs,
    bodyTimeout: decisionTimeoutMs,
  });

  const ask = async (endpoint: string, body: object): Promise<unknown> => {
    // Over all: connecting, waiting in the pool and reading.
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new Error("The decision point did not answer in time.")),
      decisionTimeoutMs,
    );
    try {
      const answer = await pool.request({
        method: "POST",
        path: `${path}${endpoint}`,
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: late.signal,
      });
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        throw new Error(`The decision point answered ${endpoint} with status ${answer.statusCode}.`);
      }
      return await answer.body.json();
    } catch (cause) {
      throw new GatewayError("DECISION_UNAVAILABLE", { cause });
    } finally {
      clearTimeout(timer);
    }
  };

  const askAll = async (questions: readonly object[]): Promise<readonly boolean[]> => {
    const answer = (await ask("/allowed/bulk", questions)) as { allow?: unknown };
    if (!Array.isArray(answer?.allow) || answer.allow.length !== questions.length) {
      throw new GatewayError("DECISION_UNAVAILABLE", { detail: "The bulk answer does not fit the questions." });
    }
    return answer.allow.map(isAllowed);
  };
  // One question each, which is never asked twice nor remembered; those of a moment go in one request.
  const decide = together<object, boolean>(
    async (questions) => {
      const [only, ...others] = questions;
      if (only !== undefined && others.length === 0) {
        const allowed = isAllowed(await ask("/allowed", only));
        return () => allowed;
      }
      const decisions = await askAll(questions);
      const byQuestion = new Map(questions.map((question, at) => [question, decisions[at] === true]));
      return (question) => byQuestion.get(question) === true;
    },
    { atOnce: questionsAtOnce },
  );

  return {
    check: (user, action, server) => decide(query(user, action, server)),
    checkAll: async (user, actions, server) =>
      actions.length === 0 ? [] : askAll(actions.map((action) => query(user, action, server))),
    ready: async () => {
      try {
        const answer = await pool.request({
          method: "GET",
          path: `${path}/healthy`,
          signal: AbortSignal.timeout(decisionTimeoutMs),
        });
        await answer.body.dump();
        return answer.statusCode >= 200 && answer.statusCode < 300;
      } catch {
        return false;
      }
    },
    close: () => pool.destroy(),
  };
}
