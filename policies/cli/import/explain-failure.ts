import { SdkHttpError, UnauthorizedError } from "@modelcontextprotocol/client";
import { SignInError } from "./browser-sign-in.ts";
import { BudgetError } from "./budget.ts";
import type { Endpoint } from "./endpoint.ts";

/** The tools of a server could not be read. The message is a sentence, in which text of the server may stand. */
export class ServerUnreadError extends Error {}

/** The error of class `type` that an error is, or that it came of. */
export function hasCause<T>(error: unknown, type: abstract new (...args: never[]) => T): T | undefined {
  for (let current = error, depth = 0; depth < 8; depth += 1) {
    if (current instanceof type) return current;
    if (!(current instanceof Error)) return undefined;
    current = current.cause;
  }
  return undefined;
}

/** The code of the operating system or of TLS that an error came of, such as `ECONNREFUSED`. */
function systemCode(error: unknown): string | undefined {
  for (let current = error, depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    const { code } = current as NodeJS.ErrnoException;
    if (typeof code === "string" && /^(E[A-Z]+|(CERT|DEPTH|SELF|UNABLE|ERR_TLS)_.*)$/.test(code)) return code;
    current = current.cause;
  }
  return undefined;
}

/** The message of the error that all others came of: `fetch failed` alone helps nobody. */
function firstMessage(error: unknown): string {
  let message = String(error);
  for (let current = error, depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    message = current.message;
    current = current.cause;
  }
  return message;
}

function httpSentence(status: number | undefined, endpoint: Endpoint): string {
  if (status === 401 || status === 403) {
    const credentials = endpoint.kind === "http" && Object.keys(endpoint.headers).length > 0;
    return credentials
      ? `The server refuses the credentials (${status}).`
      : `The server asks for a sign-in (${status}): name it with --server to sign in, or use --bearer-env or --header.`;
  }
  return `The server answers ${status ?? "with no MCP"}: is the address that of its MCP endpoint?`;
}

function sentence(error: unknown, endpoint: Endpoint): string {
  const own = [BudgetError, SignInError].map((type) => hasCause(error, type)).find((found) => found !== undefined);
  if (own !== undefined) return own.message;
  const http = hasCause(error, SdkHttpError);
  if (hasCause(error, UnauthorizedError) !== undefined) return httpSentence(401, endpoint);
  if (http !== undefined) return httpSentence(http.status, endpoint);
  const code = systemCode(error);
  if (code !== undefined) {
    return endpoint.kind === "http" ? `Nobody answers there (${code}).` : `The program can't be started (${code}).`;
  }
  return `The server can't be read: ${firstMessage(error).slice(0, 300).replace(/\.$/, "")}.`;
}

/** An error as a sentence for whoever runs the program. `lastWords` is the end of what a program printed. */
export function explainFailure(error: unknown, endpoint: Endpoint, lastWords = ""): ServerUnreadError {
  if (error instanceof ServerUnreadError) return error;
  const words = lastWords === "" ? "" : ` Its last words: ${lastWords}.`;
  return new ServerUnreadError(`${sentence(error, endpoint)}${words}`, { cause: error });
}
