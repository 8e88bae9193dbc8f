import { randomUUID } from "node:crypto";
import type { FastifyError, FastifyReply } from "fastify";
import { ApiError, RequestInvalidError } from "../state/api-error.ts";

/** `ErrorDetails` of the API description. What is no refusal says nothing of itself. */
export function errorDetails(error: unknown): object {
  const refusal =
    error instanceof ApiError
      ? error
      : new ApiError(500, "UNEXPECTED_ERROR", "Unexpected error", "Local Permit failed. Its log says why.");
  return {
    id: randomUUID(),
    title: refusal.title,
    error_code: refusal.code,
    message: refusal.message,
    support_link: "https://docs.permit.io/",
  };
}

/** Writes any error the way Permit does. The only place where an error becomes a response. */
export function writeError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof RequestInvalidError) return reply.code(422).send({ detail: error.problems });
  if (error instanceof ApiError) return reply.code(error.status).send(errorDetails(error));
  const { statusCode = 500, code = "", message } = error as Partial<FastifyError>;
  if (statusCode >= 500) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return reply.code(500).send({ detail: "Internal Server Error" });
  }
  if (code.startsWith("FST_ERR_CTP_") || error instanceof SyntaxError) {
    const status = code === "FST_ERR_CTP_BODY_TOO_LARGE" ? 413 : 422;
    return reply.code(status).send({ detail: [{ loc: ["body"], msg: message, type: "value_error.jsondecode" }] });
  }
  return reply.code(statusCode).send({ detail: message });
}
