/** Choosing a new password, by a link that is mailed or when signed in. */
import type { FastifyPluginAsync } from "fastify";
import type { Mail } from "../deps/mail.ts";
import { GatewayError } from "../errors.ts";
import { libraryPath } from "../oauth/auth-options.ts";
import { recordedRequest } from "../oauth/recorded-request.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { assertMayUse } from "../sign-in-domains.ts";
import {
  assertFit,
  fields,
  libraryCall,
  readBody,
  requireHuman,
  requireMailer,
  type SignInDeps,
  sendSession,
} from "./local-sign-in.ts";
import { passwordChangedMail } from "./mails.ts";

/** `request-password-reset`, `reset-password`, `change-password`. */
export function passwordRoutes(deps: SignInDeps): FastifyPluginAsync {
  const { publicUrl, directory, library, attempts, accountLog, mailer, limit, log } = deps;
  const pending = new Set<Promise<void>>();
  /** Goes on after the answer: what it does, and how long, tells nobody whether an address has an account. */
  const afterwards = (work: () => Promise<unknown>) => {
    const promise: Promise<void> = work()
      .then(
        () => undefined,
        (err: unknown) => log.error({ err }, "a mail about a password could not be sent"),
      )
      .finally(() => pending.delete(promise));
    pending.add(promise);
  };
  const tell = (mail: Mail) => afterwards(async () => mailer?.send(mail));

  return async (app) => {
    app.addHook("onRequest", async (request) => requireOwnOrigin(request, publicUrl));
    app.addHook("onRequest", limit("signIn"));
    app.addHook("onClose", async () => void (await Promise.all(pending)));

    app.post(`${libraryPath}/request-password-reset`, async (request, reply) => {
      const { email } = readBody(request, { email: fields.email });
      assertMayUse(directory.settings(), "password", email);
      requireMailer(deps);
      await attempts.begin("mail", email, request, reply);
      const call = libraryCall(deps, request, "/request-password-reset", { email });
      afterwards(() => library.handle(call));
      return { sent: true };
    });

    app.post(`${libraryPath}/reset-password`, async (request, reply) => {
      const { token, password } = readBody(request, { token: fields.token, password: fields.password });
      assertFit(password);
      const account = await library.accounts.ofResetToken(token);
      if (account === undefined) throw new GatewayError("RESET_LINK_INVALID");
      const { userId, email } = account;
      assertMayUse(directory.settings(), "password", email);
      const body = { token, newPassword: password };
      const response = await library.handle(libraryCall(deps, request, "/reset-password", body));
      if (!response.ok) throw new GatewayError("RESET_LINK_INVALID");
      accountLog.changed("PASSWORD_RESET", { human: email, request: recordedRequest(request) });
      await library.accounts.endResetLinks(userId);
      await attempts.forgive(email, request, reply);
      tell(passwordChangedMail(directory.settings().name, email));
      return {};
    });

    app.post(`${libraryPath}/change-password`, async (request, reply) => {
      const { current, password } = readBody(request, { current: fields.password, password: fields.password });
      const { userId, email, method } = await requireHuman(deps, request);
      assertMayUse(directory.settings(), "password", email);
      assertFit(password);
      const attempt = await attempts.begin("password", email, request, reply);
      const body = { currentPassword: current, newPassword: password, revokeOtherSessions: true };
      const response = await library.signIn(method, libraryCall(deps, request, "/change-password", body));
      if (!response.ok) throw new GatewayError("PASSWORD_WRONG");
      accountLog.changed("PASSWORD_CHANGED", { human: email, request: recordedRequest(request) });
      await library.accounts.endResetLinks(userId);
      await attempt.succeeded();
      tell(passwordChangedMail(directory.settings().name, email));
      return sendSession(reply, response);
    });
  };
}
