import { randomUUID } from "node:crypto";
import {
  type ErrorCode,
  errorCatalogue,
  type GatewayError,
  permissionDeniedCode,
  urlElicitationCode,
} from "../errors.ts";
import { resourceMetadataUrl } from "../oauth/resource-identifier.ts";
import { scopes } from "../oauth/token-format.ts";
import type { Progress } from "./exchange.ts";
import { answerId, rpcError } from "./json-rpc.ts";
import { calledTool } from "./methods.ts";

/** What an MCP client is told. Thrown by the MCP routes and written by the application's error handler. */
export class McpRefusal extends Error {
  readonly error: GatewayError;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;

  constructor(error: GatewayError, exchange: Progress, publicUrl: string) {
    super(error.message, { cause: error });
    this.name = "McpRefusal";
    this.error = error;
    const id = answerId(exchange.message);
    this.status = statusOf(error, id !== undefined, exchange);
    this.headers = refusalHeaders(error, exchange, publicUrl);
    this.body = refusalBody(error, exchange);
  }
}

/**
 * Clients read a JSON-RPC error in a 200 only, but for those to which the specification gives another status: a method
 * that is not there is a 404 from 2026-07-28 on. For what is no answer to a request, the status is the message.
 */
function statusOf({ code, status }: GatewayError, answersRequest: boolean, exchange: Progress): number {
  if (code === "METHOD_NOT_ALLOWED" && answersRequest && exchange.stateless === true) return 404;
  if (isOverForOne(code, exchange) && answersRequest) return 200;
  const { rpc } = errorCatalogue[code];
  const denied = status === 403 && (rpc === permissionDeniedCode || rpc === urlElicitationCode);
  if (answersRequest) return denied ? 200 : status;
  return status === 200 ? 400 : status;
}

/** True when the agent goes on with others: to clients a 401 says that the token is bad, and a 404 that the session is over. */
function isOverForOne(code: ErrorCode, { oneOfSeveral }: Progress): boolean {
  return oneOfSeveral === true && ["GRANT_REVOKED", "GRANT_EXPIRED", "SERVER_UNKNOWN"].includes(code);
}

function refusalBody(error: GatewayError, { message, server, host, serverKey }: Progress): object {
  const { rpc } = errorCatalogue[error.code];
  const tool = calledTool(message);
  // Before the grant is known it is the address that says the server, once it was found to be one of the host.
  const about = server?.key ?? (host === undefined ? undefined : serverKey);
  return rpcError(answerId(message), rpc, rpc === permissionDeniedCode ? "Permission denied" : error.sentence, {
    code: error.code,
    reason: error.sentence,
    ...(about === undefined ? {} : { server: about }),
    ...(tool === undefined ? {} : { tool: tool.slice(0, 512) }),
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    ...(error.link === undefined ? {} : urlElicitation(error, error.link)),
  });
}

/** The way on for a human, in words of ours and as clients of MCP 2025-11-25 read it (URLElicitationRequiredError). */
function urlElicitation({ sentence }: GatewayError, link: string): object {
  return { link, elicitations: [{ mode: "url", elicitationId: randomUUID(), url: link, message: sentence }] };
}

/** The challenge that starts the client's sign-in (RFC 9728 section 5.1, RFC 6750 section 3). */
function refusalHeaders(error: GatewayError, exchange: Progress, publicUrl: string): Record<string, string> {
  // The unread rest of a body that is too large must not be taken for the next request.
  if (error.code === "BODY_TOO_LARGE") return { connection: "close" };
  if (error.retryAfterSeconds !== undefined) return { "retry-after": String(error.retryAfterSeconds) };
  const { host, serverKey, query } = exchange;
  const lacksScope = error.code === "SCOPE_MISSING";
  if ((error.status !== 401 && !lacksScope) || host === undefined || isOverForOne(error.code, exchange)) return {};
  // With the latter, clients step up: they authorize again, for the scopes that are named (MCP authorization).
  const code = lacksScope ? "insufficient_scope" : "invalid_token";
  const challenge = [
    `resource_metadata="${resourceMetadataUrl(publicUrl, serverKey, query)}"`,
    `scope="${scopes.join(" ")}"`,
    ...(error.code === "TOKEN_MISSING"
      ? []
      : [`error="${code}"`, `error_description="${error.sentence.replaceAll('"', "'")}"`]),
  ];
  return { "www-authenticate": `Bearer ${challenge.join(", ")}` };
}
