/** A request that Permit refused or never answered. Carries method and path, never a header: the API key is in one. */
export class PermitRequestError extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Permit's `error_code`, `VALIDATION` for a 422 without one, `NO_ANSWER` for status 0, else `HTTP_{status}`. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "PermitRequestError";
    this.status = status;
    this.code = code;
  }
}

/** What is read of the HTTP client's failure: structurally, because `permitio` brings the client and keeps its type. */
export interface HttpFailure {
  readonly code?: string | undefined;
  readonly response?:
    | { readonly status: number; readonly data?: unknown; readonly headers?: Readonly<Record<string, unknown>> }
    | undefined;
}

const advice: Readonly<Record<number, string>> = {
  0: "Check the Permit API URL and the network.",
  401: "Check the Permit API key.",
  403: "The Permit API key is not allowed to do this: provisioning needs an organization- or project-level key.",
};

interface ValidationEntry {
  readonly loc?: unknown;
  readonly msg?: unknown;
}

/** The 422 body is a list of places and messages and has neither code nor message (FastAPI's shape). */
function validationText(detail: readonly ValidationEntry[]): string {
  return detail
    .map(({ loc, msg }) => `${Array.isArray(loc) ? loc.join(".") : "body"}: ${String(msg ?? "is not valid")}`)
    .join("; ");
}

/** Turns a failure of the HTTP client into one with a status, a code and a sentence that says what to do. */
export function permitRequestError(failure: HttpFailure, method: string, path: string): PermitRequestError {
  const status = failure.response?.status ?? 0;
  const body = failure.response?.data;
  const { error_code, message, title, detail } = (typeof body === "object" && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  const validation = Array.isArray(detail) ? validationText(detail as ValidationEntry[]) : undefined;
  const code =
    typeof error_code === "string"
      ? error_code
      : validation !== undefined
        ? "VALIDATION"
        : status === 0
          ? "NO_ANSWER"
          : `HTTP_${status}`;
  const reason =
    validation ?? [message, title, failure.code].find((text) => typeof text === "string") ?? "no reason given";
  const outcome = status === 0 ? "did not answer" : `answered ${status} to`;
  return new PermitRequestError(
    status,
    code,
    [`Permit ${outcome} ${method} ${path}: ${reason}.`.replace(/\.\.$/, "."), advice[status]].filter(Boolean).join(" "),
  );
}
