/** What the pages of sign-in and of the account ask, and where the browser goes on after a sign-in. */
import { type SignInMethod, signInMethods } from "@permit-mcp-gateway/policies";
import type { FastifyPluginAsync } from "fastify";
import type { HostSettings } from "../deps/host-settings.ts";
import { isOn } from "../sign-in-domains.ts";
import type { AccountView, SignInView } from "./contract.ts";
import { requireHuman, type SignInDeps } from "./local-sign-in.ts";
import { passkeysOf } from "./passkey-routes.ts";
import { pathAfterSignIn } from "./path-after-sign-in.ts";

/** Methods that can't be used without mail. */
const needMail: readonly SignInMethod[] = ["otp"];

/** The methods that the policy has on and that are to be had, in the order in which the page shows them. */
export function usableMethods(host: Pick<HostSettings, "signIn">, mail: boolean): readonly SignInMethod[] {
  return signInMethods.filter((method) => isOn(host, method) && (mail || !needMail.includes(method)));
}

/** `/api/sign-in`, `/api/sign-in/continue`, `/api/account`. */
export function signInPageRoutes(deps: SignInDeps): FastifyPluginAsync {
  const { directory, library, mailer } = deps;
  return async (app) => {
    app.get("/api/sign-in", async (): Promise<SignInView> => {
      const host = directory.settings();
      const mail = mailer !== undefined;
      const methods = usableMethods(host, mail);
      const domains = (["saml", "oidc"] as const).flatMap((method) =>
        isOn(host, method) ? (host.signIn[method]?.forceRedirectDomains ?? []) : [],
      );
      return {
        host: { name: host.name },
        methods,
        createAccount: mail && (methods.includes("password") || methods.includes("otp")),
        resetPassword: mail && methods.includes("password"),
        redirectDomains: domains,
      };
    });

    /** The authorization request of a sign-in page, asked anew: however long the sign-in took, it goes on. */
    app.get("/api/sign-in/continue", async (request, reply) => {
      const url = request.raw.url ?? "";
      const start = url.indexOf("?");
      const query = start === -1 ? "" : url.slice(start + 1);
      return reply.header("cache-control", "no-store").redirect(pathAfterSignIn(query), 303);
    });

    app.get("/api/account", async (request): Promise<AccountView> => {
      const human = await requireHuman(deps, request);
      const host = directory.settings();
      return {
        host: { name: host.name },
        email: human.email,
        password: { on: isOn(host, "password"), set: await library.accounts.hasPassword(human.userId) },
        passkeys: { on: isOn(host, "passkey"), list: await passkeysOf(deps, request) },
      };
    });
  };
}
