import type { ApiError } from "../api.ts";
import { Notice } from "./notice.tsx";

interface ConsentFailedProps {
  readonly error: ApiError;
  readonly query: string;
  readonly onReload: () => void;
}

const ofPolicy = ["CEILING_EXCEEDED", "SERVER_NOT_GRANTED", "GRANT_ENDED", "POLICY_UNSUPPORTED"];

/** True when what the policy says changed after the page was loaded: the grant is gone, say, or its ceiling lower. */
export function isOutOfDate(error: ApiError): boolean {
  return ofPolicy.includes(error.code);
}

/** Why the answer was not taken, and what to do. After a refusal nothing is granted; without an answer nobody knows. */
export function ConsentFailed({ error, query, onReload }: ConsentFailedProps) {
  if (isOutOfDate(error)) {
    return (
      <Notice kind="problem" title="Your access changed while this page was open" takeFocus>
        <p>{error.message} Nothing was granted.</p>
        <button type="button" className="button" onClick={onReload}>
          Load the current state
        </button>
      </Notice>
    );
  }
  switch (error.status) {
    case 400:
      return (
        <Notice kind="problem" title="This request has expired" takeFocus>
          <p>{error.message}</p>
        </Notice>
      );
    case 401:
      return (
        <Notice kind="problem" title="Your sign-in has ended" takeFocus>
          <p>
            Nothing was granted. <a href={`/sign-in?${query}`}>Sign in again</a> and answer once more.
          </p>
        </Notice>
      );
    default:
      return (
        <Notice kind="problem" title="Your answer was not taken" takeFocus>
          <p>{error.message}</p>
        </Notice>
      );
  }
}
