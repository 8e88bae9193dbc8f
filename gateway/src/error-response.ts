/** The one place where an error becomes a body. Everything that was not meant for the client stays in the log. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { ErrorView } from "./consent/contract.ts";
import { errorCatalogue, GatewayError } from "./errors.ts";
import { McpRefusal } from "./mcp/refusal.ts";

/** What Fastify itself refuses: a bad URL, a body it can't take. Its texts may quote the request, so they stay here. */
function ofFastify(error: FastifyError): { status: number; code: "REQUEST_INVALID" | "INTERNAL" } {
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500 ? { status, code: "REQUEST_INVALID" } : { status: 500, code: "INTERNAL" };
}

/** Writes any error: an MCP refusal as JSON-RPC, everything else as an `ErrorView`. */
export function sendError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refused = error instanceof McpRefusal ? error.error : error;
  const known = refused instanceof GatewayError;
  // A status of 200 is for the answer to a JSON-RPC request: to anybody else it would say that all went well.
  const answer = known
    ? { status: refused.status === 200 ? 503 : refused.status, code: refused.code }
    : ofFastify(refused as FastifyError);
  const status = error instanceof McpRefusal ? error.status : answer.status;
  const line = { code: answer.code, ...(known && refused.detail !== undefined ? { detail: refused.detail } : {}) };
  if (answer.code === "INTERNAL" || status >= 500) request.log.error({ ...line, err: refused }, "request failed");
  else request.log.info({ ...line, ...causeOf(refused) }, "request refused");
  void reply.code(status).header("cache-control", "no-store");
  if (error instanceof McpRefusal) return reply.headers(error.headers).type("application/json").send(error.body);
  const body: ErrorView = {
    error: answer.code,
    message: known ? refused.sentence : errorCatalogue[answer.code].sentence,
  };
  return reply.type("application/json").send(body);
}

function causeOf(error: Error): { cause?: string } {
  return error.cause instanceof Error ? { cause: error.cause.message } : {};
}

/** Answers requests for addresses that do not exist. */
export function sendNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendError(new GatewayError("NOT_FOUND"), request, reply);
}
