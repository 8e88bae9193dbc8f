/** The gateway's API of sign-in and of the account, as typed calls. Failures are `ApiError`s. */
import type { AccountView, RedirectView, SignInView } from "../../src/sign-in/contract.ts";
import { type ApiError, answerInvalid, getJson, postJson } from "./api.ts";
import { destinationOf } from "./destination.ts";

/** Methods that lead to an identity provider. */
export type RedirectMethod = "google" | "github" | "microsoft" | "saml" | "oidc";

/** What the sign-in page offers. */
export function loadSignIn(): Promise<SignInView> {
  return getJson<SignInView>("/api/sign-in");
}

export async function signInWithPassword(email: string, password: string): Promise<void> {
  await postJson("/api/auth/sign-in/email", { email, password });
}

/** Mails a code to sign in with. */
export async function sendCode(email: string): Promise<void> {
  await postJson("/api/auth/email-otp/send-verification-otp", { email });
}

export async function signInWithCode(email: string, code: string): Promise<void> {
  await postJson("/api/auth/sign-in/email-otp", { email, code });
}

/** Mails a code to make an account with. */
export async function sendSignUpCode(email: string): Promise<void> {
  await postJson("/api/sign-up/code", { email });
}

export async function signUp(email: string, code: string, password: string): Promise<void> {
  await postJson("/api/sign-up", { email, code, password });
}

/** Mails a link to choose a new password, if the address has an account. */
export async function requestReset(email: string): Promise<void> {
  await postJson("/api/auth/request-password-reset", { email });
}

export async function resetPassword(token: string, password: string): Promise<void> {
  await postJson("/api/auth/reset-password", { token, password });
}

export async function changePassword(current: string, password: string): Promise<void> {
  await postJson("/api/auth/change-password", { current, password });
}

export async function signOut(): Promise<void> {
  await postJson("/api/auth/sign-out", {});
}

export function loadAccount(): Promise<AccountView> {
  return getJson<AccountView>("/api/account");
}

/** The address of the identity provider. `query` is that of the page, `email` what was typed there, if anything was. */
export async function startRedirect(method: RedirectMethod, query: string, email?: string): Promise<string> {
  const body = { method, query, ...(email === undefined ? {} : { email }) };
  const { url } = await postJson<RedirectView>("/api/sign-in/redirect", body);
  const address = typeof url === "string" ? destinationOf(url) : undefined;
  if (address === undefined || !/^https?:/.test(address)) throw answerInvalid(200);
  return address;
}

/** Where the browser goes on after a sign-in: to what the page's query says, or to the agents. */
export function afterSignIn(query: string): string {
  return query === "" ? "/" : `/api/sign-in/continue?${query}`;
}

/** A sentence for a refusal on the pages of sign-in. */
export function sentenceOf(error: ApiError): string {
  if (error.status === 429) {
    const wait = error.retryAfterSeconds;
    return `Too many attempts. Wait ${wait === undefined ? "a few minutes" : waitOf(wait)}, then try again.`;
  }
  // One sentence for both, so that the page does not tell which addresses have an account.
  if (error.status === 401) return "The e-mail address or the password is wrong.";
  if (error.code === "REQUEST_INVALID") return "Check the e-mail address: it must be one like name@example.com.";
  return error.message;
}

function waitOf(seconds: number): string {
  if (seconds <= 90) return `${Math.max(1, Math.ceil(seconds))} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
