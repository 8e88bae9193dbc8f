import { useState } from "react";
import { EmailField } from "../components/fields.tsx";
import { FormCard, textOf } from "../components/form-card.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { requestReset } from "../sign-in-api.ts";
import { useSending } from "../use-sending.ts";

/** `/forgot-password`. What it says does not depend on whether the address has an account. */
export function ForgotPasswordPage({ query }: { readonly query: string }) {
  const sending = useSending();
  const [sentTo, setSentTo] = useState<string>();
  return (
    <Page title="Forgot your password?">
      {sentTo === undefined ? (
        <FormCard
          sending={sending}
          submit="E-mail me a link"
          submitting="Sending…"
          onSubmit={(form) =>
            sending.start(async () => {
              const email = textOf(form, "email");
              await requestReset(email);
              setSentTo(email);
              return undefined;
            })
          }
        >
          <p>We send you a link with which you can choose a new one.</p>
          <EmailField />
        </FormCard>
      ) : (
        <Notice kind="done" takeFocus title="Look into your mailbox">
          <p>
            If <strong>{sentTo}</strong> has an account here, a mail with a link is on its way. The link works once, in
            the next 30 minutes.
          </p>
        </Notice>
      )}
      <p>
        <a href={`/sign-in${query === "" ? "" : `?${query}`}`}>Back to sign-in</a>
      </p>
    </Page>
  );
}
