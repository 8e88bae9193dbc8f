import type { HostDirectory } from "../deps/host-settings.ts";
import type { Mailer } from "../deps/mail.ts";
import { GatewayError } from "../errors.ts";
import type { AuthOptionsInput } from "../oauth/auth-options.ts";
import { signInContext } from "../oauth/sign-in-context.ts";
import { codeMail, resetMail } from "./mails.ts";

/** What the library calls to have its mails sent. */
export function signInMail({
  publicUrl,
  directory,
  mailer,
}: {
  readonly publicUrl: string;
  readonly directory: HostDirectory;
  readonly mailer: Mailer | undefined;
}): Pick<AuthOptionsInput, "sendCode" | "sendResetLink"> {
  return {
    sendCode: async (email, code) => {
      try {
        if (mailer === undefined) throw new GatewayError("MAIL_UNAVAILABLE", { detail: "SMTP_URL is not set" });
        await mailer.send(codeMail(directory.settings().name, email, code));
      } catch (error) {
        // The library only logs it. The human is told: every address is sent a code, so it says nothing of this one.
        const attempt = signInContext.getStore();
        if (attempt !== undefined && error instanceof GatewayError) attempt.refusal ??= error;
        throw error;
      }
    },
    // In the fragment, which browsers send to nobody: no log and no Referer has it.
    sendResetLink: async (email, token) =>
      mailer?.send(resetMail(directory.settings().name, email, `${publicUrl}/reset-password#${token}`)),
  };
}
