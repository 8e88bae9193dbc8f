/** Sign-in by password and by a code that is mailed. */
import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { GatewayError } from "../errors.ts";
import { libraryPath } from "../oauth/auth-options.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { assertMayUse, isOn } from "../sign-in-domains.ts";
import { fields, libraryCall, readBody, requireMailer, type SignInDeps, sendSession } from "./local-sign-in.ts";

/** `sign-in/email`, `email-otp/send-verification-otp`, `sign-in/email-otp`. */
export function localSignInRoutes(deps: SignInDeps): FastifyPluginAsync {
  const { publicUrl, directory, library, attempts, limit } = deps;
  return async (app) => {
    app.addHook("onRequest", async (request) => requireOwnOrigin(request, publicUrl));
    app.addHook("onRequest", limit("signIn"));

    app.post(`${libraryPath}/sign-in/email`, async (request, reply) => {
      const { email, ...rest } = readBody(request, {
        email: fields.email,
        password: fields.password,
        oauth_query: z.string().max(16_000).optional(),
      });
      // Its domain is looked at after the password, at the session.
      if (!isOn(directory.settings(), "password")) throw new GatewayError("SIGN_IN_METHOD_OFF");
      const attempt = await attempts.begin("password", email, request, reply);
      const response = await library.signIn(
        "password",
        libraryCall(deps, request, "/sign-in/email", { email, ...rest }),
      );
      if (response.ok) await attempt.succeeded();
      return sendSession(reply, response);
    });

    app.post(`${libraryPath}/email-otp/send-verification-otp`, async (request, reply) => {
      const { email } = readBody(request, { email: fields.email });
      assertMayUse(directory.settings(), "otp", email);
      requireMailer(deps);
      await attempts.begin("mail", email, request, reply);
      const body = { email, type: "sign-in" };
      await library.signIn("otp", libraryCall(deps, request, "/email-otp/send-verification-otp", body));
      return { sent: true };
    });

    app.post(`${libraryPath}/sign-in/email-otp`, async (request, reply) => {
      const { email, code } = readBody(request, { email: fields.email, code: fields.code });
      assertMayUse(directory.settings(), "otp", email);
      const attempt = await attempts.begin("code", email, request, reply);
      const response = await library.signIn(
        "otp",
        libraryCall(deps, request, "/sign-in/email-otp", { email, otp: code }),
      );
      if (!response.ok) throw new GatewayError("CODE_WRONG");
      await attempt.succeeded();
      return sendSession(reply, response);
    });
  };
}
