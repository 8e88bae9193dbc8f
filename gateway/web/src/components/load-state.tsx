import type { ApiError } from "../api.ts";
import { Notice } from "./notice.tsx";

/** Shown while data is on its way. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p className="loading" role="status">
      Loading {what}…
    </p>
  );
}

/** Shown when data did not come. */
export function LoadFailed({ error, onRetry }: { readonly error: ApiError; readonly onRetry: () => void }) {
  return (
    <>
      <Notice kind="problem">
        <p>{error.message}</p>
      </Notice>
      <div className="actions">
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      </div>
    </>
  );
}
