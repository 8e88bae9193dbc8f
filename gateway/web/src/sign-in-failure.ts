/** Why a sign-in at an identity provider failed, as the gateway says it in the fragment of the page's address. */

/** Anybody can make a link with a fragment, so it only chooses among sentences of ours. */
const sentences: Readonly<Record<string, string>> = {
  SIGN_IN_FAILED: "The sign-in at the identity provider failed or took too long. Try again, or sign in another way.",
  EMAIL_NOT_PROVEN:
    "The identity provider does not say that it has verified your e-mail address. Verify it there, or sign in another way.",
  EMAIL_UNVERIFIED: "An account with your e-mail address exists that nobody has verified. Ask an admin of this host.",
  EMAIL_CHANGED:
    "The identity provider has another e-mail address for this account than before. Ask an admin of this host.",
  EMAIL_DOMAIN_FORBIDDEN:
    "This host does not admit addresses of your e-mail domain. Sign in with another address, or ask an admin.",
  SIGN_IN_METHOD_OFF: "This way of signing in is turned off on this host. Sign in another way.",
  IDENTITY_PROVIDER_UNAVAILABLE: "The identity provider can't be used at the moment. Sign in another way, or wait.",
};

/** The sentence for a page's fragment; undefined when it names no failure. */
export function failureSentence(fragment: string): string | undefined {
  const code = /^#failed=([A-Z_]+)$/.exec(fragment)?.[1];
  if (code === undefined) return undefined;
  return Object.hasOwn(sentences, code) ? sentences[code] : sentences.SIGN_IN_FAILED;
}
