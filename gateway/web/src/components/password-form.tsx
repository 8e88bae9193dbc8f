import { type FormEvent, useState } from "react";
import { ApiError, signIn } from "../api.ts";
import { destinationOf } from "../destination.ts";
import { apiErrorOf } from "../use-loaded.ts";
import { Notice } from "./notice.tsx";

/** E-mail address and password. Afterwards the browser goes on to the authorization request, or to `/` without one. */
export function PasswordForm({ query }: { readonly query: string }) {
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<ApiError>();

  async function send(form: FormData, passwordField: HTMLInputElement | null) {
    setSending(true);
    setFailure(undefined);
    try {
      const next = await signIn(String(form.get("email")).trim(), String(form.get("password")), query);
      const address = destinationOf(next ?? "/");
      if (address === undefined) throw new ApiError("DESTINATION_REFUSED", "The client's address is not safe.", 0);
      window.location.assign(address);
    } catch (error) {
      setFailure(apiErrorOf(error));
      setSending(false);
      // A wrong password is typed again from the start, and must not wait on an unattended screen.
      if (passwordField !== null) passwordField.value = "";
    }
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    if (!sending) void send(new FormData(form), form.querySelector<HTMLInputElement>("#password"));
  }

  return (
    <form className="card" onSubmit={submit} aria-busy={sending}>
      {failure === undefined ? null : (
        <Notice kind="problem" takeFocus>
          <p>{sentenceOf(failure)}</p>
        </Notice>
      )}
      <div className="field">
        <label htmlFor="email">E-mail address</label>
        <input id="email" name="email" type="email" autoComplete="username" autoCapitalize="none" required />
      </div>
      <div className="field">
        <label htmlFor="password">Password</label>
        <input id="password" name="password" type="password" autoComplete="current-password" required />
      </div>
      <div className="actions">
        <button type="submit" className="button button-primary" disabled={sending}>
          {sending ? "Signing in…" : "Sign in"}
        </button>
      </div>
    </form>
  );
}

function sentenceOf(error: ApiError): string {
  if (error.status === 429) {
    const wait = error.retryAfterSeconds;
    return `Too many attempts. Wait ${wait === undefined ? "a few minutes" : waitOf(wait)}, then try again.`;
  }
  // The library's word for a query that was changed or is too old.
  if (error.code === "invalid_signature") return "This sign-in request has expired. Start again from your MCP client.";
  // One sentence for both, so that the page does not tell which addresses have an account.
  if (error.status === 401) return "The e-mail address or the password is wrong.";
  return error.message;
}

function waitOf(seconds: number): string {
  if (seconds <= 90) return `${Math.max(1, Math.ceil(seconds))} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
