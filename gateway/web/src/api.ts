/** The gateway's JSON API as typed calls. Every failure, the network included, is an `ApiError`. */
import type {
  ConnectRequest,
  ConnectStartAnswer,
  ConnectView,
  ConsentAnswer,
  ConsentRequest,
  ConsentView,
  EnteredServersView,
  EnteredServerView,
  EnterServerAnswer,
  EnterServerRequest,
  GrantsView,
  GrantView,
  Level,
  LowerRequest,
} from "../../src/consent/contract.ts";

/** Longest wait for an answer. Consent waits until decisions see it, which takes the longest. */
const requestTimeoutMs = 30_000;

/** A refusal of the gateway, or no usable answer (`NETWORK`, `ANSWER_INVALID`). `message` is a sentence for the human. */
export class ApiError extends Error {
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, message: string, status: number, retryAfterSeconds?: number) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What the consent page shows for the signed authorization request `query`. */
export function loadConsent(query: string): Promise<ConsentView> {
  return getJson<ConsentView>(`/api/consent?${query}`);
}

/** Opens a session to a server, in the human's name where they sign in there, and compares its tools with its policy. */
export function connectServer(request: ConnectRequest): Promise<ConnectView> {
  return postJson<ConnectView>("/api/connect", request);
}

/** Resolves to the address at which the human signs in at the server. */
export async function startSignIn(request: ConnectRequest): Promise<string> {
  const answer = await postJson<ConnectStartAnswer>("/api/connect/start", request);
  if (typeof answer.redirect !== "string") throw answerInvalid(200);
  return answer.redirect;
}

/** Sends the human's choice. Resolves to the client's redirect URI with the result. */
export async function sendConsent(request: ConsentRequest): Promise<string> {
  const answer = await postJson<ConsentAnswer>("/api/consent", request);
  if (typeof answer.redirect !== "string") throw answerInvalid(200);
  return answer.redirect;
}

/** Connects a server of the human's own by URL. Resolves to its key; the choice has it from now on. */
export async function enterServer(request: EnterServerRequest): Promise<string> {
  const answer = await postJson<EnterServerAnswer>("/api/servers", request);
  if (typeof answer.server !== "string") throw answerInvalid(200);
  return answer.server;
}

/** The servers that the signed-in human has connected. */
export async function loadEnteredServers(): Promise<readonly EnteredServerView[]> {
  const { servers } = await getJson<EnteredServersView>("/api/servers");
  if (!Array.isArray(servers)) throw answerInvalid(200);
  return servers;
}

/** Forgets a server of the human's own, and ends its agents from their next call on. */
export async function forgetServer(key: string): Promise<void> {
  await send(`/api/servers/${encodeURIComponent(key)}/forget`, postOf({}));
}

/** The agents of the signed-in human. */
export async function loadGrants(): Promise<readonly GrantView[]> {
  const { grants } = await getJson<GrantsView>("/api/grants");
  if (!Array.isArray(grants)) throw answerInvalid(200);
  return grants;
}

/** Takes an agent down to a level, from its next call on. */
export async function lowerGrant(id: string, level: Level): Promise<void> {
  const request: LowerRequest = { level };
  await send(`/api/grants/${encodeURIComponent(id)}/level`, postOf(request));
}

/** Ends one agent's access, from its next call on. */
export async function revokeGrant(id: string): Promise<void> {
  await send(`/api/grants/${encodeURIComponent(id)}/revoke`, postOf({}));
}

/** Asks for data. */
export async function getJson<T>(path: string): Promise<T> {
  return parse<T>(await send(path, { method: "GET" }));
}

/** Sends a change, as JSON. */
export async function postJson<T>(path: string, body: unknown): Promise<T> {
  return parse<T>(await send(path, postOf(body)));
}

function postOf(body: unknown): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const request: RequestInit = {
    ...init,
    headers: { accept: "application/json", ...init.headers },
    credentials: "same-origin",
    cache: "no-store",
    // No API answer is a redirect; following one could take a refusal for a success.
    redirect: "error",
    signal: AbortSignal.timeout(requestTimeoutMs),
  };
  let response: Response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new ApiError("NETWORK", "The gateway does not answer. Check your connection and try again.", 0);
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function parse<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== "object" || body === null) throw answerInvalid(response.status);
  return body as T;
}

/** The gateway says `{error, message}`, the sign-in library `{code, message}`, and some refusals have no JSON at all. */
async function refusalOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const fields: Record<string, unknown> = typeof body === "object" && body !== null ? { ...body } : {};
  const code = [fields.code, fields.error].find((value) => typeof value === "string") ?? `HTTP_${response.status}`;
  const message = typeof fields.message === "string" ? fields.message : `The gateway refused (${response.status}).`;
  const seconds = Number(response.headers.get("retry-after") ?? response.headers.get("x-retry-after") ?? Number.NaN);
  return new ApiError(code, message, response.status, Number.isFinite(seconds) ? seconds : undefined);
}

/** No usable answer. */
export function answerInvalid(status: number): ApiError {
  return new ApiError("ANSWER_INVALID", "The gateway's answer could not be read. Try again in a moment.", status);
}
