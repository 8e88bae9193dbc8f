import { loadSignIn } from "../api.ts";
import { LoadFailed, Loading } from "../components/load-state.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { PasswordForm } from "../components/password-form.tsx";
import { useLoaded } from "../use-loaded.ts";

/** `/sign-in`, with the signed query of an authorization request that goes on afterwards, or without. */
export function SignInPage({ query }: { readonly query: string }) {
  const { loaded, reload } = useLoaded(loadSignIn);
  switch (loaded.state) {
    case "loading":
      return (
        <Page title="Sign in">
          <Loading what="the sign-in page" />
        </Page>
      );
    case "failed":
      return (
        <Page title="Sign in">
          <LoadFailed error={loaded.error} onRetry={reload} />
        </Page>
      );
    case "ready":
      return (
        <Page title="Sign in" host={loaded.value.host.name}>
          {query === "" ? null : <p className="hint">An agent wants to connect. Sign in to see what it asks for.</p>}
          {loaded.value.password ? <PasswordForm query={query} /> : <NoMethod host={loaded.value.host.name} />}
        </Page>
      );
  }
}

function NoMethod({ host }: { readonly host: string }) {
  return (
    <Notice kind="problem">
      <p>{host} has no sign-in method that works on this page. Ask an admin how to sign in.</p>
    </Notice>
  );
}
