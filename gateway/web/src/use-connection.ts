import { useCallback, useState } from "react";
import type { ConnectView } from "../../src/consent/contract.ts";
import { ApiError, connectServer, startSignIn } from "./api.ts";
import { destinationOf } from "./destination.ts";
import { apiErrorOf, useLoaded } from "./use-loaded.ts";

/** How far the way to a server is. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "signing-in" }
  | { readonly state: "failed"; readonly error: ApiError }
  | ConnectView;

/**
 * Connects to a server when the page opens. `signIn` leaves for the server's own sign-in, which comes back to this page;
 * `retry` connects again. `query` is the signed one of a consent page, or undefined; `chosen` are the servers that the human
 * is to find chosen on coming back.
 */
export function useConnection(
  server: string,
  query: string | undefined,
  chosen?: readonly string[],
): { readonly connection: Connection; readonly signIn: () => void; readonly retry: () => void } {
  const load = useCallback(async () => {
    const view = await connectServer(requestOf(server, query));
    // What the page was made of did not have them.
    if (view.state === "connected" && (view.firstTools?.length ?? 0) > 0) window.location.reload();
    return view;
  }, [server, query]);
  const { loaded, reload } = useLoaded(load);
  const [leaving, setLeaving] = useState<"no" | "yes" | ApiError>("no");

  async function leave() {
    setLeaving("yes");
    try {
      const address = destinationOf(
        await startSignIn({ ...requestOf(server, query), ...(chosen === undefined ? {} : { chosen }) }),
      );
      if (address === undefined) throw new ApiError("ANSWER_INVALID", "The server's sign-in has no usable address.", 0);
      window.location.assign(address);
    } catch (error) {
      setLeaving(apiErrorOf(error));
    }
  }
  const retry = () => {
    setLeaving("no");
    reload();
  };
  return { connection: connectionOf(loaded, leaving), signIn: () => void leave(), retry };
}

function connectionOf(
  loaded: ReturnType<typeof useLoaded<ConnectView>>["loaded"],
  leaving: "no" | "yes" | ApiError,
): Connection {
  if (leaving === "yes") return { state: "signing-in" };
  if (leaving !== "no") return { state: "failed", error: leaving };
  switch (loaded.state) {
    case "loading":
      return { state: "connecting" };
    case "failed":
      return { state: "failed", error: loaded.error };
    case "ready":
      return loaded.value;
  }
}

function requestOf(server: string, query: string | undefined) {
  return query === undefined ? { server } : { server, query };
}
