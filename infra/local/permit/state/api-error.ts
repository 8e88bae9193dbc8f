/** One problem with one part of a request, as FastAPI writes it. */
export interface ValidationProblem {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** Error codes of Permit's API description that are used here. */
export type ErrorCode =
  | "INVALID_INPUT"
  | "UNEXPECTED_ERROR"
  | "NOT_FOUND"
  | "DUPLICATE_ENTITY"
  | "FORBIDDEN_ACCESS"
  | "PAGINATION_SIZE_OVERREACHED"
  | "MISMATCH_RESOURCE_INSTANCES_TENANTS"
  | "MISMATCH_RELATION_TYPE"
  | "MISMATCH_ATTRIBUTES_TYPES"
  | "UNAUTHORIZED";

/** A refusal in the shape `ErrorDetails` of the API description; `id` is added when it is written. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly title: string;

  constructor(status: number, code: ErrorCode, title: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.code = code;
    this.title = title;
  }
}

/** A body or query that does not match its schema: 422 with FastAPI's list and without an error code. */
export class RequestInvalidError extends Error {
  readonly problems: readonly ValidationProblem[];

  constructor(problems: readonly ValidationProblem[]) {
    super("The request does not match its schema.");
    this.problems = problems;
  }
}

/** 404. The words "not found" matter: clients of Permit look for them. */
export function notFound(kind: string, key: string): ApiError {
  return new ApiError(404, "NOT_FOUND", "The requested data was not found", `${kind} with key '${key}' was not found.`);
}

/** 409. */
export function duplicate(kind: string, key: string): ApiError {
  return new ApiError(
    409,
    "DUPLICATE_ENTITY",
    "This object already exists",
    `${kind} with key '${key}' already exists. Use another key, or update the existing object.`,
  );
}

/** 400 for what the schema allows and the state does not. */
export function invalid(message: string, code: ErrorCode = "INVALID_INPUT"): ApiError {
  return new ApiError(400, code, "The request can't be fulfilled", message);
}

/** 401: no key or one that nobody has. */
export function unauthorized(): ApiError {
  return new ApiError(
    401,
    "UNAUTHORIZED",
    "Invalid API key",
    "Send the header 'Authorization: Bearer <API key>' with a key of this organization or of one of its environments.",
  );
}

/** 403. Says nothing about whether the thing exists. */
export function forbidden(message: string): ApiError {
  return new ApiError(403, "FORBIDDEN_ACCESS", "You are not allowed to access the requested data", message);
}

/** 503: a change could not be stored. */
export function unavailable(cause?: unknown): ApiError {
  return new ApiError(
    503,
    "UNEXPECTED_ERROR",
    "Storage failed",
    "A change could not be stored, so nothing is answered any more. Check the data folder and start again.",
    cause,
  );
}
