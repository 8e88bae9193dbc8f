import type { SignInView } from "../../../src/sign-in/contract.ts";
import { signInWithPasskey } from "../passkeys.ts";
import { afterSignIn, type RedirectMethod, sentenceOf, startRedirect } from "../sign-in-api.ts";
import type { Sending } from "../use-sending.ts";
import { Notice } from "./notice.tsx";

const redirectWords: Readonly<Record<RedirectMethod, string>> = {
  google: "Continue with Google",
  github: "Continue with GitHub",
  microsoft: "Continue with Microsoft",
  saml: "Continue with your organization",
  oidc: "Continue with your organization",
};

export function isRedirect(method: string): method is RedirectMethod {
  return Object.hasOwn(redirectWords, method);
}

/** Leaves for the identity provider. */
export function leaveFor(sending: Sending, method: RedirectMethod, query: string, email?: string): void {
  sending.start(async () => {
    window.location.assign(await startRedirect(method, query, email));
    return "leaving";
  });
}

interface MethodButtonsProps {
  readonly view: SignInView;
  readonly query: string;
  readonly sending: Sending;
}

/** The methods that need no typing here, in the gateway's order. */
export function MethodButtons({ view, query, sending }: MethodButtonsProps) {
  const methods = view.methods.filter((method) => method === "passkey" || isRedirect(method));
  if (methods.length === 0) return null;
  return (
    <section className="card" aria-label="Ways to sign in" aria-busy={sending.busy}>
      {sending.failure === undefined ? null : (
        <Notice kind="problem" takeFocus>
          <p>{sentenceOf(sending.failure)}</p>
        </Notice>
      )}
      <div className="methods">
        {methods.map((method) =>
          isRedirect(method) ? (
            <button
              key={method}
              type="button"
              className="button"
              disabled={sending.busy}
              onClick={() => leaveFor(sending, method, query)}
            >
              {redirectWords[method]}
            </button>
          ) : (
            <button
              key={method}
              type="button"
              className="button button-primary"
              disabled={sending.busy}
              onClick={() =>
                sending.start(async () => {
                  await signInWithPasskey();
                  window.location.assign(afterSignIn(query));
                  return "leaving";
                })
              }
            >
              Sign in with a passkey
            </button>
          ),
        )}
      </div>
    </section>
  );
}
