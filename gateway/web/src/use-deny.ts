import { useState } from "react";
import { type ApiError, sendConsent } from "./api.ts";
import { apiErrorOf } from "./use-loaded.ts";

/** Saying no to the authorization request `query`. `onDenied` gets the client's redirect URI that says so. */
export function useDeny(query: string, onDenied: (redirect: string) => void) {
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<ApiError>();

  async function send() {
    setSending(true);
    setFailure(undefined);
    try {
      onDenied(await sendConsent({ accept: false, query }));
    } catch (error) {
      setFailure(apiErrorOf(error));
      setSending(false);
    }
  }
  return { deny: () => void send(), sending, failure };
}
