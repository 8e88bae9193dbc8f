/** The agent that asks: its tokens, and its requests to one replica or another. */
import { auth } from "@modelcontextprotocol/client";
import type { Pool } from "undici";
import { Agent } from "../agents/agent.ts";
import { Human } from "../agents/human.ts";
import { sdkV2 } from "../agents/sdk-v2.ts";
import type { LocalHost } from "../up.ts";
import { human, server } from "./items-server.ts";
import type { PlannedRequest, Seen } from "./requests.ts";

/** Half the life of an access token. */
const refreshMs = 300_000;

/** Access tokens of one agent, renewed before they end. */
export async function connectAgent(host: LocalHost, url: string): Promise<() => Promise<string>> {
  const agent = new Agent("completeness", url, sdkV2("2026-07-28"));
  await agent.connect(new Human(host.gatewayUrl, human, host.accounts[human] ?? ""), { level: "medium" });
  await agent.close();
  let refreshedAt = performance.now();
  let refreshing: Promise<void> | undefined;
  const refresh = async () => {
    await auth(agent.oauth, { serverUrl: url });
    refreshedAt = performance.now();
  };
  return async () => {
    // Once for all who ask meanwhile: a refresh token that is used twice ends its consent.
    if (refreshing === undefined && performance.now() - refreshedAt > refreshMs) {
      refreshing = refresh().finally(() => {
        refreshing = undefined;
      });
    }
    await refreshing;
    return agent.oauth.tokens()?.access_token ?? "";
  };
}

/** Sends a request. Without an answer the request may have arrived or not: it is not sent again. */
export async function send(pool: Pool, hostName: string, request: PlannedRequest, token: string): Promise<Seen> {
  const headers = { ...request.headers, host: hostName, authorization: `Bearer ${token}` };
  const signal = request.abortMs === undefined ? null : AbortSignal.timeout(request.abortMs);
  try {
    const answer = await pool.request({ path: `/mcp/${server}`, method: "POST", headers, body: request.body, signal });
    await answer.body.dump();
    return { request, requestId: String(answer.headers["x-request-id"]) };
  } catch {
    return { request, requestId: undefined };
  }
}
