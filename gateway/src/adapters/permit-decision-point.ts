import { defaultTenant } from "@permit-mcp-gateway/policies";
import { Pool } from "undici";
import type { DecisionPoint } from "../deps.ts";
import { GatewayError } from "../errors.ts";

/** A decision takes milliseconds. One that takes longer than this is none. */
const decisionTimeoutMs = 2_000;
const connections = 64;

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
    try {
      const answer = await pool.request({
        method: "POST",
        path: `${path}${endpoint}`,
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        // Over all: connecting, waiting in the pool and reading.
        signal: AbortSignal.timeout(decisionTimeoutMs),
      });
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        throw new Error(`The decision point answered ${endpoint} with status ${answer.statusCode}.`);
      }
      return await answer.body.json();
    } catch (cause) {
      throw new GatewayError("DECISION_UNAVAILABLE", { cause });
    }
  };

  return {
    check: async (user, action, server) => isAllowed(await ask("/allowed", query(user, action, server))),
    checkAll: async (user, actions, server) => {
      if (actions.length === 0) return [];
      const questions = actions.map((action) => query(user, action, server));
      const answer = (await ask("/allowed/bulk", questions)) as { allow?: unknown };
      if (!Array.isArray(answer?.allow) || answer.allow.length !== actions.length) {
        throw new GatewayError("DECISION_UNAVAILABLE", { detail: "The bulk answer does not fit the questions." });
      }
      return answer.allow.map(isAllowed);
    },
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
