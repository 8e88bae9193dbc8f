import { setTimeout as sleep } from "node:timers/promises";
import { Permit } from "permitio";
import type { Turn } from "./rate-limits.ts";
import { type HttpFailure, PermitRequestError, permitRequestError } from "./request-error.ts";
import { retryDelayMs } from "./retry.ts";

const requestTimeoutMs = 30_000;

/** How to reach Permit with one API key. */
export interface PermitConnection {
  /** Base of the management API, for example `https://api.permit.io`. */
  readonly apiUrl: string;
  /** Base of the decision point. Provisioning never asks it. */
  readonly pdpUrl?: string;
  readonly apiKey: string;
  /** Told of every request sent, repeated ones included: method and path, no query. */
  readonly onRequest?: (method: string, path: string) => void;
  /** How to wait before a repeat. Tests pass one that does not. */
  readonly wait?: (ms: number) => Promise<unknown>;
  /** Gives each request its turn, where the number of requests is limited: see `createPacer`. */
  readonly pace?: (method: string, path: string, nowMs: number) => Turn;
  /** Told why and how long a request waits, when that is long enough to be noticed. */
  readonly onWait?: (sentence: string) => void;
}

/** Shorter waits are nobody's business. */
const noticedMs = 1_000;

/** What the interceptors need of a request's configuration. */
interface SentRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly attempt?: number;
}

function describe(request: SentRequest | undefined): { method: string; path: string } {
  const method = (request?.method ?? "get").toUpperCase();
  return { method, path: URL.canParse(request?.url ?? "") ? new URL(request?.url ?? "").pathname : "/" };
}

/**
 * A `permitio` client with what the SDK leaves out: a time limit on management calls, repeats where repeating is safe
 * (the SDK never repeats a POST, so a 429 on one would end a run), and failures as PermitRequestError.
 */
export function createPermit(connection: PermitConnection): Permit {
  const permit = new Permit({
    token: connection.apiKey,
    apiUrl: connection.apiUrl,
    pdp: connection.pdpUrl ?? connection.apiUrl,
    timeout: requestTimeoutMs,
    // At level debug the SDK prints its configuration, API key included, and PERMIT_LOG_LEVEL could ask for that.
    log: { level: "silent" },
  });
  const http = permit.config.axiosInstance;
  const wait = connection.wait ?? sleep;
  http.defaults.timeout = requestTimeoutMs;
  // A redirect would carry the API key to wherever it points.
  http.defaults.maxRedirects = 0;
  const tell = (delayMs: number, reason: string) => {
    if (delayMs >= noticedMs) connection.onWait?.(`${reason}: waiting ${Math.ceil(delayMs / 1_000)} s.`);
  };
  http.interceptors.request.use(async (request) => {
    const { method, path } = describe(request);
    const turn = connection.pace?.(method, path, Date.now());
    if (turn?.limit !== undefined) {
      tell(turn.delayMs, `Permit allows ${turn.limit.text}`);
      await wait(turn.delayMs);
    }
    connection.onRequest?.(method, path);
    return request;
  });
  http.interceptors.response.use(undefined, async (error: unknown) => {
    // Already judged: it comes from the repeat below.
    if (error instanceof PermitRequestError) throw error;
    const failure = error as HttpFailure & { readonly config?: SentRequest };
    const { method, path } = describe(failure.config);
    const attempt = failure.config?.attempt ?? 1;
    const retryAfter = failure.response?.headers?.["retry-after"];
    const delayMs = retryDelayMs(
      {
        attempt,
        method,
        status: failure.response?.status ?? 0,
        retryAfter: typeof retryAfter === "string" ? retryAfter : undefined,
      },
      Date.now(),
    );
    if (delayMs === undefined || failure.config === undefined) throw permitRequestError(failure, method, path);
    tell(
      delayMs,
      `Permit ${failure.response === undefined ? "did not answer" : `answered ${failure.response.status}`}`,
    );
    await wait(delayMs);
    return http.request({ ...failure.config, attempt: attempt + 1 } as Parameters<typeof http.request>[0]);
  });
  return permit;
}
