import { useState } from "react";
import type { SignInView } from "../../../src/sign-in/contract.ts";
import { CodeForm } from "../components/code-form.tsx";
import { CodeField, EmailField, PasswordField } from "../components/fields.tsx";
import { FormCard, textOf } from "../components/form-card.tsx";
import { LoadFailed, Loading } from "../components/load-state.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { SentTo } from "../components/sent-to.tsx";
import { afterSignIn, loadSignIn, sendSignUpCode, signUp } from "../sign-in-api.ts";
import { useLoaded } from "../use-loaded.ts";
import { useSending } from "../use-sending.ts";

/** `/sign-up`: an account for an address that its human can read the mail of. */
export function SignUpPage({ query }: { readonly query: string }) {
  const { loaded, reload } = useLoaded(loadSignIn);
  return (
    <Page title="Create an account" host={loaded.state === "ready" ? loaded.value.host.name : undefined}>
      {loaded.state === "loading" ? <Loading what="the page" /> : null}
      {loaded.state === "failed" ? <LoadFailed error={loaded.error} onRetry={reload} /> : null}
      {loaded.state === "ready" ? <SignUp view={loaded.value} query={query} /> : null}
      <p>
        You have one? <a href={`/sign-in${query === "" ? "" : `?${query}`}`}>Sign in</a>
      </p>
    </Page>
  );
}

function SignUp({ view, query }: { readonly view: SignInView; readonly query: string }) {
  if (!view.createAccount) {
    return (
      <Notice kind="problem">
        <p>Accounts can't be created here. Ask an admin of {view.host.name}.</p>
      </Notice>
    );
  }
  // With codes alone the first sign-in makes the account.
  return view.methods.includes("password") ? (
    <PasswordSignUp query={query} />
  ) : (
    <CodeForm query={query} titled={false} onEmail={() => false} />
  );
}

function PasswordSignUp({ query }: { readonly query: string }) {
  const sending = useSending();
  const [email, setEmail] = useState<string>();
  if (email === undefined) {
    return (
      <FormCard
        sending={sending}
        submit="Continue"
        submitting="Sending…"
        onSubmit={(form) =>
          sending.start(async () => {
            const typed = textOf(form, "email");
            await sendSignUpCode(typed);
            setEmail(typed);
            return undefined;
          })
        }
      >
        <p>We send a code to your address, to see that it is yours.</p>
        <EmailField />
      </FormCard>
    );
  }
  return (
    <FormCard
      sending={sending}
      submit="Create account"
      submitting="Creating…"
      onSubmit={(form) =>
        sending.start(async () => {
          await signUp(email, textOf(form, "code"), String(form.get("password")));
          window.location.assign(afterSignIn(query));
          return "leaving";
        })
      }
      more={<SentTo sending={sending} onResend={() => sendSignUpCode(email)} onOther={() => setEmail(undefined)} />}
    >
      <p>
        We have sent a code to <strong>{email}</strong>. It is good for five minutes.
      </p>
      <CodeField />
      <PasswordField label="Choose a password" name="password" use="new-password" />
    </FormCard>
  );
}
