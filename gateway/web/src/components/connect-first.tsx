import type { Connection } from "../use-connection.ts";
import { ConnectSteps } from "./connect-steps.tsx";
import { Notice } from "./notice.tsx";

interface ConnectFirstProps {
  readonly name: string;
  readonly connection: Exclude<Connection, { readonly state: "connected" }>;
  readonly onSignIn: () => void;
  readonly onRetry: () => void;
}

/** What stands before a server at which the human signs in: the steps, and the one button that leads on. */
export function ConnectFirst({ name, connection, onSignIn, onRetry }: ConnectFirstProps) {
  const { state } = connection;
  return (
    <>
      <div role="status">
        <ConnectSteps name={name} state={state} signIn />
      </div>
      {state === "failed" ? (
        <Notice kind="problem" title={`No way to ${name} yet`} takeFocus>
          <p>{connection.error.message}</p>
        </Notice>
      ) : null}
      {state === "sign-in-needed" || state === "signing-in" ? (
        <p>
          {name} wants you to sign in there. You come back here afterwards. The gateway keeps what it needs to act for
          you, encrypted; the agent never sees it.
        </p>
      ) : null}
      <div className="actions">
        {state === "failed" ? (
          <button type="button" className="button button-primary" onClick={onRetry}>
            Try again
          </button>
        ) : (
          <button
            type="button"
            className="button button-primary"
            disabled={state !== "sign-in-needed"}
            onClick={onSignIn}
          >
            {state === "connecting" ? "Connecting…" : state === "signing-in" ? "Going there…" : `Sign in at ${name}`}
          </button>
        )}
      </div>
    </>
  );
}
