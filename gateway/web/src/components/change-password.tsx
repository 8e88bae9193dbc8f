import { useState } from "react";
import { changePassword } from "../sign-in-api.ts";
import { useSending } from "../use-sending.ts";
import { PasswordField } from "./fields.tsx";
import { FormCard } from "./form-card.tsx";
import { Notice } from "./notice.tsx";

/** Choosing another password. Without one yet, the way is the link by mail. */
export function ChangePassword({ isSet }: { readonly isSet: boolean }) {
  const sending = useSending();
  const [changes, setChanges] = useState(0);
  if (!isSet) {
    return (
      <section className="card">
        <h2>Password</h2>
        <p>
          You have none. <a href="/forgot-password">Have a link mailed</a> with which you can choose one.
        </p>
      </section>
    );
  }
  return (
    <FormCard
      // The fields are empty again after a change.
      key={changes}
      sending={sending}
      submit="Change password"
      submitting="Changing…"
      onSubmit={(form) =>
        sending.start(async () => {
          await changePassword(String(form.get("current")), String(form.get("password")));
          setChanges(changes + 1);
          return undefined;
        })
      }
    >
      <h2>Password</h2>
      {changes === 0 || sending.busy ? null : (
        <Notice kind="done" takeFocus>
          <p>Your password was changed. Everybody else who was signed in to your account has been signed out.</p>
        </Notice>
      )}
      <PasswordField label="Current password" name="current" use="current-password" />
      <PasswordField label="New password" name="password" use="new-password" />
    </FormCard>
  );
}
