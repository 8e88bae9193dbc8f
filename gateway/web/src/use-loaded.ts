import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "./api.ts";

/** What a page knows of the data it asked for. */
export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly error: ApiError }
  | { readonly state: "ready"; readonly value: T };

/** Asks for data when the page opens. `load` must be the same function on every render. Call `reload` to ask again. */
export function useLoaded<T>(load: () => Promise<T>): { readonly loaded: Loaded<T>; readonly reload: () => void } {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  const latest = useRef(0);

  const reload = useCallback(() => {
    latest.current += 1;
    const request = latest.current;
    // An answer that a newer request has overtaken would show a ceiling that no longer holds.
    const show = (next: Loaded<T>) => {
      if (latest.current === request) setLoaded(next);
    };
    show({ state: "loading" });
    load().then(
      (value) => show({ state: "ready", value }),
      (error: unknown) => show({ state: "failed", error: apiErrorOf(error) }),
    );
  }, [load]);

  useEffect(() => reload(), [reload]);
  return { loaded, reload };
}

/** Anything thrown, as an `ApiError`. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError("PAGE_FAILED", "Something went wrong on this page. Load it again.", 0);
}
