import { useState } from "react";
import { afterSignIn, sendCode, signInWithCode } from "../sign-in-api.ts";
import { useSending } from "../use-sending.ts";
import { CodeField, EmailField } from "./fields.tsx";
import { FormCard, textOf } from "./form-card.tsx";
import { SentTo } from "./sent-to.tsx";

interface CodeFormProps {
  readonly query: string;
  readonly titled: boolean;
  readonly onEmail: (email: string) => boolean;
}

/** First the address, then the code that was mailed to it. */
export function CodeForm({ query, titled, onEmail }: CodeFormProps) {
  const sending = useSending();
  const [email, setEmail] = useState<string>();

  if (email === undefined) {
    return (
      <FormCard
        sending={sending}
        submit="E-mail me a code"
        submitting="Sending…"
        onSubmit={(form) => {
          const typed = textOf(form, "email");
          if (onEmail(typed)) return;
          sending.start(async () => {
            await sendCode(typed);
            setEmail(typed);
            return undefined;
          });
        }}
      >
        {titled ? <h2>With a code by e-mail</h2> : null}
        <EmailField onLeave={onEmail} />
      </FormCard>
    );
  }
  return (
    <FormCard
      sending={sending}
      submit="Sign in"
      submitting="Signing in…"
      onSubmit={(form) =>
        sending.start(async () => {
          await signInWithCode(email, textOf(form, "code"));
          window.location.assign(afterSignIn(query));
          return "leaving";
        })
      }
      more={<SentTo sending={sending} onResend={() => sendCode(email)} onOther={() => setEmail(undefined)} />}
    >
      <p>
        We have sent a code to <strong>{email}</strong>. It is good for five minutes.
      </p>
      <CodeField />
    </FormCard>
  );
}
