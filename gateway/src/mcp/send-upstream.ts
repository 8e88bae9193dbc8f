import type { UpstreamCall } from "../deps/telemetry.ts";
import type { UpstreamAnswer, UpstreamRequest } from "../deps/upstream.ts";
import { GatewayError } from "../errors.ts";
import { labelOf } from "../server-url.ts";
import { onBodyEnd } from "../telemetry/answer-end.ts";
import type { McpDeps, WithGrant, WithServer } from "./exchange.ts";
import { upstreamCredentials } from "./upstream-credentials.ts";

/**
 * Sends a request to the server, with the gateway's credentials, and with the human's own token where each human signs in there. A 401 says that the request
 * was not processed (RFC 6750 section 3.1), so it is sent once more with another token, before anything reached the
 * client. Throws GatewayError UPSTREAM_SIGN_IN_NEEDED, UPSTREAM_SCOPE_NEEDED, and what `Upstream.send` throws.
 */
async function sendAuthorized(
  exchange: Pick<WithServer & WithGrant, "server" | "grant">,
  deps: Pick<McpDeps, "upstream" | "upstreamTokens" | "assertions" | "secrets" | "publicUrl">,
  unsent: Omit<UpstreamRequest, "guarded">,
): Promise<UpstreamAnswer> {
  const { server, grant } = exchange;
  const { upstream, upstreamTokens, publicUrl } = deps;
  const request = { ...unsent, guarded: server.enteredBy !== undefined };
  const headers = { ...request.headers, ...(await upstreamCredentials(exchange, deps)) };
  const caller = { server, agent: grant };
  if (server.auth.type !== "oauth") return upstream.send({ ...request, headers, caller });
  const owner = { userId: grant.userId, server: server.key };
  const send = (token: string) =>
    upstream.send({ ...request, caller, headers: { ...headers, authorization: `Bearer ${token}` } });

  const token = await upstreamTokens.accessToken(owner);
  let answer = await send(token);
  if (answer.status === 401) {
    discard(answer);
    answer = await send(await upstreamTokens.replace(owner, token));
  }
  const link = `${publicUrl}/connect/${server.key}`;
  if (answer.status === 401) {
    discard(answer);
    const sentence = `"${labelOf(server)}" does not take your sign-in there any more. Open ${link}, then try again.`;
    throw new GatewayError("UPSTREAM_SIGN_IN_NEEDED", { sentence, link, detail: "a new token was refused too" });
  }
  const challenge = answer.headers["www-authenticate"];
  if (answer.status === 403 && typeof challenge === "string" && (await upstreamTokens.noteScopes(owner, challenge))) {
    discard(answer);
    const sentence = `"${labelOf(server)}" wants you to allow more there for this. Open ${link}, then try again.`;
    throw new GatewayError("UPSTREAM_SCOPE_NEEDED", { sentence, link });
  }
  return answer;
}

/** Sends a request likewise, with the trace context of `call`, which ends with the answer. Throws likewise. */
export async function sendUpstream(
  exchange: Parameters<typeof sendAuthorized>[0],
  deps: Parameters<typeof sendAuthorized>[1],
  unsent: Parameters<typeof sendAuthorized>[2],
  call: UpstreamCall | undefined,
): Promise<UpstreamAnswer> {
  const headers = { ...call?.headers, ...unsent.headers };
  try {
    const answer = await sendAuthorized(exchange, deps, { ...unsent, headers });
    if (call?.staysOpen === true) call.end({ status: answer.status });
    else if (call !== undefined) onBodyEnd(answer.body, answer.status, call.end);
    return answer;
  } catch (error) {
    call?.end({ code: error instanceof GatewayError ? error.code : "INTERNAL" });
    throw error;
  }
}

function discard({ body }: UpstreamAnswer): void {
  body.on("error", () => undefined).destroy();
}
