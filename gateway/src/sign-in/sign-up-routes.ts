/** Making an account with a password: first the code that proves the address, then the password, in one browser. */
import type { FastifyPluginAsync } from "fastify";
import { GatewayError } from "../errors.ts";
import { recordedRequest } from "../oauth/recorded-request.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { assertMayUse } from "../sign-in-domains.ts";
import {
  assertFit,
  fields,
  libraryCall,
  passCookies,
  readBody,
  requireMailer,
  type SignInDeps,
} from "./local-sign-in.ts";

/**
 * `/api/sign-up/code` and `/api/sign-up`. There is no account before the code came back, so nobody can choose the
 * password of an address that is not theirs and wait for its owner. For an address that has an account it chooses a
 * new password, as a link by mail would: the answers do not tell the two apart.
 */
export function signUpRoutes(deps: SignInDeps): FastifyPluginAsync {
  const { publicUrl, directory, library, attempts, limit } = deps;
  return async (app) => {
    app.addHook("onRequest", async (request) => requireOwnOrigin(request, publicUrl));
    app.addHook("onRequest", limit("signUp"));

    app.post("/api/sign-up/code", async (request, reply) => {
      const { email } = readBody(request, { email: fields.email });
      assertMayUse(directory.settings(), "password", email);
      requireMailer(deps);
      await attempts.begin("mail", email, request, reply);
      const body = { email, type: "sign-in" };
      await library.signIn("password", libraryCall(deps, request, "/email-otp/send-verification-otp", body));
      return { sent: true };
    });

    app.post("/api/sign-up", async (request, reply) => {
      const { email, code, password } = readBody(request, {
        email: fields.email,
        code: fields.code,
        password: fields.password,
      });
      assertMayUse(directory.settings(), "password", email);
      assertFit(password);
      const attempt = await attempts.begin("code", email, request, reply);
      const response = await library.signIn(
        "password",
        libraryCall(deps, request, "/sign-in/email-otp", { email, otp: code }),
      );
      if (!response.ok) throw new GatewayError("CODE_WRONG");
      const { token } = (await response.json()) as { token: string };
      const userId = await library.accounts.idOf(email);
      if (userId === undefined) throw new GatewayError("INTERNAL", { detail: "a signed-in account is not there" });
      const occasion = { keepSessionToken: token, human: email, request: recordedRequest(request) };
      await library.accounts.setPassword(userId, password, occasion);
      await attempt.succeeded();
      await attempts.forgive(email, request, reply);
      passCookies(reply, response);
      return reply.header("cache-control", "no-store").send({});
    });
  };
}
