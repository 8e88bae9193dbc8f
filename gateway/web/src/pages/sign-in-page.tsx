import type { SignInView } from "../../../src/sign-in/contract.ts";
import { CodeForm } from "../components/code-form.tsx";
import { LoadFailed, Loading } from "../components/load-state.tsx";
import { isRedirect, leaveFor, MethodButtons } from "../components/method-buttons.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { PasswordForm } from "../components/password-form.tsx";
import { loadSignIn } from "../sign-in-api.ts";
import { failureSentence } from "../sign-in-failure.ts";
import { useLoaded } from "../use-loaded.ts";
import { useSending } from "../use-sending.ts";

/** `/sign-in`, with what goes on afterwards in the query, if anything: an authorization request, or `connect=` and a server. */
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
          <Methods view={loaded.value} query={query} />
        </Page>
      );
  }
}

function Methods({ view, query }: { readonly view: SignInView; readonly query: string }) {
  const buttons = useSending();
  const failure = failureSentence(window.location.hash);
  const { methods, redirectDomains } = view;
  const both = methods.includes("password") && methods.includes("otp");
  const organization = methods.find((method) => method === "saml" || method === "oidc");

  /** Whoever is known to the organization's identity provider goes there at once, but not again after it failed. */
  const onEmail = (email: string): boolean => {
    if (buttons.busy) return true;
    const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
    if (failure !== undefined || organization === undefined || !isRedirect(organization)) return false;
    if (!redirectDomains.includes(domain)) return false;
    leaveFor(buttons, organization, query, email);
    return true;
  };

  if (methods.length === 0) {
    return (
      <Notice kind="problem">
        <p>{view.host.name} has no sign-in method that works on this page. Ask an admin how to sign in.</p>
      </Notice>
    );
  }
  return (
    <>
      {failure === undefined ? null : (
        <Notice kind="problem" takeFocus>
          <p>{failure}</p>
        </Notice>
      )}
      {query === "" ? null : (
        <p className="hint">
          {query.startsWith("connect=")
            ? "Sign in to connect to the server."
            : "An agent wants to connect. Sign in to see what it asks for."}
        </p>
      )}
      <MethodButtons view={view} query={query} sending={buttons} />
      {methods.includes("password") ? (
        <PasswordForm query={query} canReset={view.resetPassword} titled={both} onEmail={onEmail} />
      ) : null}
      {methods.includes("otp") ? <CodeForm query={query} titled={both} onEmail={onEmail} /> : null}
      {view.createAccount ? (
        <p>
          No account yet? <a href={`/sign-up${query === "" ? "" : `?${query}`}`}>Create an account</a>
        </p>
      ) : null}
    </>
  );
}
