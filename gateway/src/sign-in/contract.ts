/** The JSON that the pages of sign-in and of the account exchange with the gateway. Types only. */

/** A way to sign in, named as in the policy. */
export type Method = "passkey" | "google" | "github" | "microsoft" | "saml" | "oidc" | "password" | "otp";

/** `GET /api/sign-in`: what the sign-in page offers. */
export interface SignInView {
  readonly host: { readonly name: string };
  /** Those that are on and can be used, in the order in which the page shows them. */
  readonly methods: readonly Method[];
  /** Whether somebody without an account can make one, by `methods`. */
  readonly createAccount: boolean;
  /** Whether a link to choose a new password can be mailed. */
  readonly resetPassword: boolean;
  /** Domains of addresses whose humans are sent to the identity provider at once. */
  readonly redirectDomains: readonly string[];
}

/** `POST /api/sign-in/redirect` with a method and the signed query of the page: where the identity provider is. */
export interface RedirectView {
  readonly url: string;
}

/** `GET /api/account`: the human who is signed in. */
export interface AccountView {
  readonly host: { readonly name: string };
  readonly email: string;
  /** Whether the host lets humans sign in by password, and whether this one has one. */
  readonly password: { readonly on: boolean; readonly set: boolean };
  readonly passkeys: { readonly on: boolean; readonly list: readonly PasskeyView[] };
}

export interface PasskeyView {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
}
