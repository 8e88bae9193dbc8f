import type { AccountView } from "../../../src/sign-in/contract.ts";
import { ChangePassword } from "../components/change-password.tsx";
import { LoadFailed, Loading } from "../components/load-state.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { PasskeyList } from "../components/passkey-list.tsx";
import { SignInFirst } from "../components/sign-in-first.tsx";
import { loadAccount, sentenceOf, signOut } from "../sign-in-api.ts";
import { useLoaded } from "../use-loaded.ts";
import { useSending } from "../use-sending.ts";

/** `/account`: how the human who is signed in signs in. */
export function AccountPage() {
  const { loaded, reload } = useLoaded(loadAccount);
  if (loaded.state === "failed" && loaded.error.status === 401) {
    return <SignInFirst title="Your account">You are not signed in.</SignInFirst>;
  }
  return (
    <Page title="Your account" host={loaded.state === "ready" ? loaded.value.host.name : undefined}>
      {loaded.state === "loading" ? <Loading what="your account" /> : null}
      {loaded.state === "failed" ? <LoadFailed error={loaded.error} onRetry={reload} /> : null}
      {loaded.state === "ready" ? <Account account={loaded.value} onChange={reload} /> : null}
    </Page>
  );
}

function Account({ account, onChange }: { readonly account: AccountView; readonly onChange: () => void }) {
  const sending = useSending();
  return (
    <>
      <section className="card">
        <p>
          You are signed in as <strong>{account.email}</strong>.
        </p>
        <p>
          <a href="/">Your agents</a>
        </p>
        {sending.failure === undefined ? null : (
          <Notice kind="problem" takeFocus>
            <p>{sentenceOf(sending.failure)}</p>
          </Notice>
        )}
        <div className="actions">
          <button
            type="button"
            className="button"
            disabled={sending.busy}
            onClick={() =>
              sending.start(async () => {
                await signOut();
                window.location.assign("/sign-in");
                return "leaving";
              })
            }
          >
            {sending.busy ? "Signing out…" : "Sign out"}
          </button>
        </div>
      </section>
      {account.passkeys.on ? <PasskeyList passkeys={account.passkeys.list} onChange={onChange} /> : null}
      {account.password.on ? <ChangePassword isSet={account.password.set} /> : null}
    </>
  );
}
