/** Passkeys (WebAuthn): sign-in, and adding and removing them when signed in. */
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { z } from "zod";
import { GatewayError } from "../errors.ts";
import type { SignedIn } from "../oauth/auth-library.ts";
import { libraryPath } from "../oauth/auth-options.ts";
import { recordedRequest } from "../oauth/recorded-request.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { assertMayUse, isOn } from "../sign-in-domains.ts";
import type { PasskeyView } from "./contract.ts";
import { libraryCall, passCookies, readBody, requireHuman, type SignInDeps, sendSession } from "./local-sign-in.ts";

/** What an authenticator answered, as the browser writes it. The library verifies it; the id is looked up before. */
const credential = z.looseObject({ id: z.string().regex(/^[A-Za-z0-9_-]{1,1400}$/) });
const name = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .regex(/^\P{C}+$/u);

/** The passkeys of the human whose cookies these are. */
export async function passkeysOf(deps: SignInDeps, request: FastifyRequest): Promise<PasskeyView[]> {
  const response = await deps.library.handle(libraryCall(deps, request, "/passkey/list-user-passkeys"));
  if (!response.ok) throw new GatewayError("NOT_SIGNED_IN");
  const rows = (await response.json()) as { id: string; name?: string | null; createdAt?: string | null }[];
  return rows.map(({ id, name, createdAt }) => ({ id, name: name ?? "Passkey", createdAt: createdAt ?? "" }));
}

/** `/api/auth/passkey/*`. */
export function passkeyRoutes(deps: SignInDeps): FastifyPluginAsync {
  const { publicUrl, directory, library, accountLog, limit } = deps;
  const path = (name: string) => `${libraryPath}/passkey/${name}`;

  const owner = async (request: FastifyRequest): Promise<SignedIn> => {
    const human = await requireHuman(deps, request);
    assertMayUse(directory.settings(), "passkey", human.email);
    return human;
  };
  return async (app) => {
    // GET too: a challenge sets a cookie, and another site has no business with it.
    app.addHook("onRequest", limit("signIn"));

    app.get(path("generate-authenticate-options"), { exposeHeadRoute: false }, async (request, reply) => {
      if (!isOn(directory.settings(), "passkey")) throw new GatewayError("SIGN_IN_METHOD_OFF");
      const response = await library.handle(libraryCall(deps, request, "/passkey/generate-authenticate-options"));
      if (!response.ok) throw new GatewayError("PASSKEY_REFUSED");
      passCookies(reply, response);
      const options = (await response.json()) as object;
      // The library asks for "preferred" and we refuse what comes without: ask for it.
      return reply.header("cache-control", "no-store").send({ ...options, userVerification: "required" });
    });

    app.post(path("verify-authentication"), async (request, reply) => {
      requireOwnOrigin(request, publicUrl);
      const { response: answer } = readBody(request, { response: credential });
      if (!isOn(directory.settings(), "passkey")) throw new GatewayError("SIGN_IN_METHOD_OFF");
      const call = libraryCall(deps, request, "/passkey/verify-authentication", { response: answer });
      const response = await library.signIn("passkey", call);
      if (!response.ok) throw new GatewayError("PASSKEY_REFUSED");
      return sendSession(reply, response);
    });

    app.get(path("generate-register-options"), { exposeHeadRoute: false }, async (request, reply) => {
      await owner(request);
      const response = await library.handle(libraryCall(deps, request, "/passkey/generate-register-options"));
      if (!response.ok) throw new GatewayError(response.status === 403 ? "SIGN_IN_NOT_FRESH" : "PASSKEY_REFUSED");
      passCookies(reply, response);
      return reply.header("cache-control", "no-store").send(await response.json());
    });

    app.post(path("verify-registration"), async (request) => {
      requireOwnOrigin(request, publicUrl);
      const body = readBody(request, { response: credential, name });
      const { email } = await owner(request);
      const response = await library.handle(libraryCall(deps, request, "/passkey/verify-registration", body));
      if (!response.ok) throw new GatewayError(response.status === 403 ? "SIGN_IN_NOT_FRESH" : "PASSKEY_REFUSED");
      accountLog.changed("PASSKEY_ADDED", { human: email, request: recordedRequest(request) });
      return {};
    });

    app.post(path("delete-passkey"), async (request) => {
      requireOwnOrigin(request, publicUrl);
      const body = readBody(request, { id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });
      const { email } = await requireHuman(deps, request);
      const response = await library.handle(libraryCall(deps, request, "/passkey/delete-passkey", body));
      // Nobody's and somebody else's get the same answer.
      if (!response.ok) throw new GatewayError("NOT_FOUND");
      accountLog.changed("PASSKEY_REMOVED", { human: email, request: recordedRequest(request) });
      return {};
    });
  };
}
