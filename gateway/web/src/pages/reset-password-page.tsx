import { useState } from "react";
import { PasswordField } from "../components/fields.tsx";
import { FormCard } from "../components/form-card.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { resetPassword } from "../sign-in-api.ts";
import { useSending } from "../use-sending.ts";

/** Taken out of the address at once: it is as good as a password, and addresses are shown, copied and kept. */
function takeToken(): string {
  const token = window.location.hash.slice(1);
  window.history.replaceState(null, "", window.location.pathname);
  return token;
}

/** `/reset-password#token`, from a mail. */
export function ResetPasswordPage() {
  const [token] = useState(takeToken);
  const [done, setDone] = useState(false);
  const sending = useSending();
  if (done) {
    return (
      <Page title="Password changed">
        <Notice kind="done" takeFocus>
          <p>Your new password holds from now on. Everybody who was signed in to your account has been signed out.</p>
        </Notice>
        <div className="actions">
          <a className="button button-primary" href="/sign-in">
            Sign in
          </a>
        </div>
      </Page>
    );
  }
  return (
    <Page title="Choose a new password">
      {token === "" ? (
        <Notice kind="problem">
          <p>This link is not complete. Open it from the mail again, or ask for a new one.</p>
        </Notice>
      ) : (
        <FormCard
          sending={sending}
          submit="Change password"
          submitting="Changing…"
          onSubmit={(form) =>
            sending.start(async () => {
              await resetPassword(token, String(form.get("password")));
              setDone(true);
              return undefined;
            })
          }
        >
          <PasswordField label="New password" name="password" use="new-password" />
        </FormCard>
      )}
      <p>
        <a href="/forgot-password">Ask for a new link</a>
      </p>
    </Page>
  );
}
