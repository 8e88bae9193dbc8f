/** What the routes of sign-in stand on, and what they have in common. */
import { canonicalEmail, isEmail } from "@permit-mcp-gateway/policies";
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { HostDirectory } from "../deps/host-settings.ts";
import type { Mailer } from "../deps/mail.ts";
import type { Clock } from "../deps/process.ts";
import { GatewayError } from "../errors.ts";
import type { AccountLog } from "../oauth/account-log.ts";
import type { AuthLibrary, SignedIn } from "../oauth/auth-library.ts";
import { libraryPath, passwordLength } from "../oauth/auth-options.ts";
import { sendLibraryResponse } from "../oauth/library-http.ts";
import { markRequest } from "../oauth/recorded-request.ts";
import type { RateLimit } from "../rate-limit.ts";
import type { Attempts } from "./attempts.ts";

export interface SignInDeps {
  readonly publicUrl: string;
  readonly directory: HostDirectory;
  readonly library: AuthLibrary;
  readonly attempts: Attempts;
  readonly accountLog: AccountLog;
  /** Undefined: no mail leaves, so what needs it is refused. */
  readonly mailer: Mailer | undefined;
  readonly limit: RateLimit;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
}

/** Fields of the bodies. An address that is no ASCII address is refused: there is one way to write each. */
export const fields = {
  email: z.string().refine(isEmail).transform(canonicalEmail),
  password: z.string().max(1024),
  code: z.string().regex(/^[0-9]{6}$/),
  token: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
} as const;

/** The body as typed values. A field that is not expected is refused. Throws GatewayError REQUEST_INVALID. */
export function readBody<Shape extends z.ZodRawShape>(request: FastifyRequest, shape: Shape) {
  const parsed = z.strictObject(shape).safeParse(request.body);
  // Zod's message names the field and not its value.
  if (!parsed.success) throw new GatewayError("REQUEST_INVALID", { detail: parsed.error.message });
  return parsed.data;
}

/** Throws GatewayError PASSWORD_UNFIT. Asked before a code or a link is used up. */
export function assertFit(password: string): void {
  const { min, max } = passwordLength;
  if (password.length < min || password.length > max) throw new GatewayError("PASSWORD_UNFIT");
}

/** Throws GatewayError MAIL_UNAVAILABLE where no mail can leave. */
export function requireMailer({ mailer }: Pick<SignInDeps, "mailer">): Mailer {
  if (mailer === undefined) throw new GatewayError("MAIL_UNAVAILABLE", { detail: "SMTP_URL is not set" });
  return mailer;
}

/** Throws GatewayError NOT_SIGNED_IN. */
export async function requireHuman({ library }: SignInDeps, request: FastifyRequest): Promise<SignedIn> {
  const human = await library.signedIn(request.headers.cookie);
  if (human === undefined) throw new GatewayError("NOT_SIGNED_IN");
  return human;
}

/** A request to an endpoint of the library in this browser's name: POST with what was parsed, GET without a body. */
export function libraryCall(
  { publicUrl }: Pick<SignInDeps, "publicUrl">,
  request: FastifyRequest,
  path: string,
  body?: Readonly<Record<string, unknown>>,
): Request {
  const headers = new Headers({ accept: "application/json" });
  for (const name of ["cookie", "user-agent"] as const) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  // Our own check came before; the library makes the same.
  headers.set("origin", publicUrl);
  markRequest(headers, request);
  if (body === undefined) return new Request(`${publicUrl}${libraryPath}${path}`, { headers });
  headers.set("content-type", "application/json");
  return new Request(`${publicUrl}${libraryPath}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Sends the cookies of a session and where to go on, and not the token that the library has in its answer. */
export async function sendSession(reply: FastifyReply, response: Response): Promise<FastifyReply> {
  if (!response.ok) return sendLibraryResponse(reply, response);
  const { url } = (await response.json()) as { url?: unknown };
  passCookies(reply, response);
  return reply.header("cache-control", "no-store").send(typeof url === "string" ? { url } : {});
}

export function passCookies(reply: FastifyReply, response: Response): void {
  for (const cookie of response.headers.getSetCookie()) void reply.header("set-cookie", cookie);
}
