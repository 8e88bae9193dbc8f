import { useRef } from "react";
import { afterSignIn, signInWithPassword } from "../sign-in-api.ts";
import { useSending } from "../use-sending.ts";
import { EmailField, PasswordField } from "./fields.tsx";
import { FormCard, textOf } from "./form-card.tsx";

interface PasswordFormProps {
  readonly query: string;
  readonly canReset: boolean;
  /** Says which form it is, where there is another one. */
  readonly titled: boolean;
  /** True when the address belongs to an identity provider and the browser is on its way there. */
  readonly onEmail: (email: string) => boolean;
}

/** E-mail address and password. */
export function PasswordForm({ query, canReset, titled, onEmail }: PasswordFormProps) {
  const sending = useSending();
  const passwordField = useRef<HTMLInputElement>(null);

  function send(form: FormData) {
    const email = textOf(form, "email");
    if (onEmail(email)) return;
    const password = String(form.get("password"));
    sending.start(async () => {
      try {
        await signInWithPassword(email, password);
      } finally {
        // A wrong password is typed again from the start, and must not wait on an unattended screen.
        if (passwordField.current !== null) passwordField.current.value = "";
      }
      window.location.assign(afterSignIn(query));
      return "leaving";
    });
  }
  return (
    <FormCard
      sending={sending}
      submit="Sign in"
      submitting="Signing in…"
      onSubmit={send}
      more={
        canReset ? (
          <p>
            <a href={`/forgot-password${query === "" ? "" : `?${query}`}`}>Forgot your password?</a>
          </p>
        ) : null
      }
    >
      {titled ? <h2>With a password</h2> : null}
      <EmailField onLeave={onEmail} />
      <PasswordField label="Password" name="password" use="current-password" input={passwordField} />
    </FormCard>
  );
}
