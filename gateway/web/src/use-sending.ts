import { useState } from "react";
import type { ApiError } from "./api.ts";
import { apiErrorOf } from "./use-loaded.ts";

/** A request that a form or a button makes: one at a time, with its failure. */
export interface Sending {
  readonly busy: boolean;
  readonly failure: ApiError | undefined;
  /** `run` ends in a new page, or in another state of this one; `busy` stays true when it resolves to "leaving". */
  start(run: () => Promise<"leaving" | undefined>): void;
}

export function useSending(): Sending {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiError>();

  async function go(run: () => Promise<"leaving" | undefined>) {
    setBusy(true);
    setFailure(undefined);
    try {
      if ((await run()) !== "leaving") setBusy(false);
    } catch (error) {
      setFailure(apiErrorOf(error));
      setBusy(false);
    }
  }
  return {
    busy,
    failure,
    start: (run) => {
      if (!busy) void go(run);
    },
  };
}
